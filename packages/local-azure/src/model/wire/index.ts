import { chatCompletions } from './chat-completions.ts'
import type { Wire } from './wire.ts'

/** A new wire format is one file and one line here. */
export const WIRES: readonly Wire[] = [chatCompletions]
