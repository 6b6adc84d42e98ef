export type { Seen, SeenEntry, SeenTokens } from '../seen.ts'
export type { Usage } from '../usage.ts'
export { isAnswer, type PieceSource, StreamBrokenError } from './answer/index.ts'
export type { PendingCharge } from './background-calls.ts'
export { billingTerms } from './billing-terms.ts'
export type { UngovernedCall } from './endpoints/ungoverned-calls.ts'
export { FETCH_OPTIONS, type FetchOptions } from './fetch-options.ts'
export {
  createGovernedFetch,
  type GovernedFetchOptions,
  type RefusedCall,
} from './governed-fetch.ts'
export { PAGE_TEXT_TOKENS } from './input/media-tokens.ts'
export type { ModelCall, ModelLayer } from './model-call.ts'
export { type ModelRequest, ModelRequests } from './model-requests.ts'
export {
  type Completion,
  failed,
  type ModelResult,
  malformed,
  NOT_REPEATED,
  type OwnErrorFacts,
  refused,
  type StreamBody,
  type StreamProgress,
  sumOf,
  unbilled,
  withHeaders,
} from './model-result.ts'
export { ownModelLayer } from './own-layer.ts'
export { registered, setRegistered } from './registered.ts'
export { TARGET_OPTIONS, type Target, targetUrl } from './target.ts'
export type {
  AnswerFacts,
  ErrorFacts,
  EventVerdict,
  RequestChange,
  RequestFacts,
  StreamFailure,
  StreamReader,
  Translation,
  WireFormat,
} from './wire-format.ts'
