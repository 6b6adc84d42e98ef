export type { Usage } from '../usage.ts'
export { StreamBrokenError } from './answer/index.ts'
export { AttemptTimeoutError } from './attempt-timeout-error.ts'
export { FETCH_OPTIONS, type FetchOptions } from './fetch-options.ts'
export { createGovernedFetch, type GovernedFetch, type GovernedFetchOptions } from './governed-fetch.ts'
export type { Seen, SeenEntry, SeenTokens } from './input/seen.ts'
export type { Completion, ModelCall, ModelLayer, ModelResult, StreamProgress } from './model-call.ts'
export { TARGET_OPTIONS, type Target, targetUrl } from './target.ts'
export type {
  AnswerFacts,
  ErrorFacts,
  EventVerdict,
  RequestChange,
  RequestFacts,
  StreamFailure,
  StreamReader,
  WireFormat,
} from './wire-format.ts'
