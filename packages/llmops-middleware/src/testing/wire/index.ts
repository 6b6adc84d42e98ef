export { anthropicMessages } from './anthropic-messages.ts'
export { chatCompletions } from './chat-completions.ts'
export { embeddings } from './embeddings.ts'
export type { AnswerFormat, AnswerRequest, Embedding, Refusal, StreamEvent } from './format.ts'
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
export { refusalOf } from './refusals.ts'
export { responses } from './responses.ts'
export { countTokens } from './tokens.ts'
