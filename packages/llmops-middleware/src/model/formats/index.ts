import type { WireFormat } from '../wire-format.ts'
import { aiGateway } from './ai-gateway.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { gemini } from './gemini.ts'
import { openAiChat } from './openai-chat.ts'
import { openAiCompact } from './openai-compact.ts'
import { openAiCompletions } from './openai-completions.ts'
import { openAiEmbeddings } from './openai-embeddings.ts'
import { openAiImages } from './openai-images.ts'
import { openAiResponses } from './openai-responses.ts'
import { openAiSpeech } from './openai-speech.ts'
import { openAiTranscription } from './openai-transcription.ts'

export { DeliveredText } from './delivered-text.ts'

/** A new wire format is one file and one line here. */
export const WIRE_FORMATS: readonly WireFormat[] = [
  openAiChat,
  openAiResponses,
  anthropicMessages,
  openAiEmbeddings,
  gemini,
  aiGateway,
  openAiCompact,
  openAiCompletions,
  openAiImages,
  openAiSpeech,
  openAiTranscription,
]
