import type { WireFormat } from '../wire-format.ts'
import { openAiChat } from './openai-chat.ts'

/** A new wire format is one file and one line here. */
export const WIRE_FORMATS: readonly WireFormat[] = [openAiChat]
