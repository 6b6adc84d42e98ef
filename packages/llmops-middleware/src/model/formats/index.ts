import type { WireFormat } from '../wire-format.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { openAiChat } from './openai-chat.ts'
import { openAiEmbeddings } from './openai-embeddings.ts'
import { openAiResponses } from './openai-responses.ts'

/** A new wire format is one file and one line here. */
export const WIRE_FORMATS: readonly WireFormat[] = [openAiChat, openAiResponses, openAiEmbeddings, anthropicMessages]
