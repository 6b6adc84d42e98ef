import { wholeChat } from './chat-body.ts'
import { chatEvents } from './chat-events.ts'
import { anthropicError, openAiError } from './errors.ts'
import type { AnswerFormat } from './format.ts'
import { wholeMessage } from './message-body.ts'
import { messageEvents } from './message-events.ts'
import { wholeResponse } from './response-body.ts'
import { responseEvents } from './response-events.ts'

export { embeddingsOf } from './embed.ts'
export { openAiError } from './errors.ts'
export type { AnswerFormat, AnswerRequest, Refusal, StreamEvent } from './format.ts'
export {
  cutByFilter,
  type Generated,
  type GeneratedUsage,
  type GenerationFacts,
  generate,
  inputTokensOf,
  type Prompt,
  type Reply,
} from './generate.ts'
export { type RetryAfter, refusalOf, retryAfterHeaders } from './refusals.ts'
export { countTokens } from './tokens.ts'

/** OpenAI and Azure OpenAI chat completions (platform.openai.com/docs/api-reference/chat). */
export const chatCompletions: AnswerFormat = { json: wholeChat, events: chatEvents, error: openAiError }
/** OpenAI and Azure OpenAI Responses (platform.openai.com/docs/api-reference/responses). */
export const responses: AnswerFormat = { json: wholeResponse, events: responseEvents, error: openAiError }
/** Anthropic Messages (platform.claude.com/docs/en/api/messages). */
export const anthropicMessages: AnswerFormat = { json: wholeMessage, events: messageEvents, error: anthropicError }
