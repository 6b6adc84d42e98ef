import { type ErrorCode, httpStatusOf } from '../error-codes.ts'
import { addUsage, NO_USAGE, type Usage } from '../usage.ts'
import { type Nanos, ZERO } from '../usd.ts'
import type { PieceSource, ResponseOrigin } from './answer/index.ts'
import type { PendingCharge } from './background-calls.ts'
import type { ModelCall } from './model-call.ts'
import type { ErrorFacts, StreamFailure, WireFormat } from './wire-format.ts'

/** The answer for the caller: the provider's, or ours in its shape. It becomes a `Response` at the edge. */
export type Answer = {
  /** The HTTP status. */
  readonly status: number
  /** The provider's headers. Copy them before you add one. */
  readonly headers: Headers
  /** The whole text, or a source of the pieces of a stream. */
  readonly body: WholeBody | StreamBody
  /** Further properties of the provider's response; undefined if the answer is ours. */
  readonly origin?: ResponseOrigin & { readonly statusText: string }
}

export type WholeBody = {
  readonly text: string
  /** The parsed value, if it was parsed. */
  readonly value?: Readonly<Record<string, unknown>>
  readonly pieces?: undefined
}

/** To limit, spoil or mask a stream, wrap its source of pieces; nothing else is needed. */
export type StreamBody = {
  readonly pieces: PieceSource
  readonly progress: StreamProgress
}

/** The current state of a stream; each property changes as it is read. */
export interface StreamProgress {
  /** Whether an event has arrived. */
  readonly isOpen: boolean
  /** Whether it has delivered more than the announcement of an answer. */
  readonly hasBegun: boolean
  /** Whether the answer is complete by what has arrived. */
  readonly isWhole: boolean
  /** The provider's own error, once it has arrived. */
  readonly failure: StreamFailure | undefined
}

/** The answer to a model call, before it becomes a `Response`. */
export type ModelResult = Answer & {
  /** The model that was called. */
  readonly model: string
  /** The output cap that was sent to the provider, if one of our layers lowered it, in tokens of all choices together. */
  readonly clampedToTokens?: number
  /** What the budget with the least money had left before this call. */
  readonly leftNanos?: number
  /** Settles once, when the last byte was delivered, cut or aborted; never rejects. Already settled for a whole answer. */
  readonly completion: Promise<Completion>
}

/** How an attempt ended and what it cost. */
export type Completion = {
  /**
   * - `completed`: the whole answer, with the provider's own usage
   * - `failed`: the provider answered with an error, as a stream's first event too; nothing was generated
   * - `refused`: one of our layers answered instead of the provider, and another target would not help
   * - `aborted`: the caller aborted; usage is what was delivered
   * - `broken`: the answer was cut, stalled or malformed, or the provider failed during it; usage is what was delivered
   */
  readonly status: 'completed' | 'failed' | 'refused' | 'aborted' | 'broken'
  /** What was billed, or an estimate of it. */
  readonly usage: Usage
  /** `reported` by the provider, `estimated` from what was delivered, or `unknown`. */
  readonly usageSource: 'reported' | 'estimated' | 'unknown'
  /** What it cost, in nano-USD. */
  readonly costNanos: Nanos
  /** The part of the cost that is not known. @default 0 */
  readonly unknownNanos?: Nanos
  /** The cost is unknown and was estimated from answered calls of its tenant and model. @default false @internal */
  readonly isLikened?: boolean
  /** A budget has charged this cost: what is not known, by its rules. @default false @internal */
  readonly isCharged?: boolean
  /** It goes on in the background, and this hears of what it cost. @internal */
  readonly pending?: PendingCharge
  /** The model that answered, if the provider reports it. */
  readonly responseModel?: string
  /** Why each choice ended. */
  readonly finishReasons?: readonly string[]
  /** The stream lacked the end that its format promises, and the option `finish` accepts that. */
  readonly isUnfinished?: true
  /** What was thrown, or the provider's own error. */
  readonly error?: unknown
  /** The time from the request to the first event of a stream; absent for JSON. */
  readonly timeToFirstTokenMs?: number
  /** The mean time between the events of a stream with several events. */
  readonly timePerChunkMs?: number
}

type ExtraHeaders = Readonly<Record<string, string>>
type Asked = Pick<ModelCall, 'format' | 'model'>

/** An error of ours, whose code is in the table of error codes and determines the status. */
export type OwnErrorFacts = ErrorFacts & { readonly code: ErrorCode }

/** Keeps SDKs from retrying. */
export const NOT_REPEATED: ExtraHeaders = { 'x-should-retry': 'false' }

/**
 * Creates an error of ours in the provider's own error format. It is an answer rather than an exception, because SDKs turn
 * an exception inside `fetch` into a connection error, after retries and without its code.
 */
export function errorAnswer(
  format: WireFormat,
  error: ErrorFacts,
  headers: ExtraHeaders,
  status: number = httpStatusOf(error.code),
): Answer {
  const text = JSON.stringify(format.errorBody(error))
  return { status, headers: new Headers({ 'content-type': 'application/json', ...headers }), body: { text } }
}

/** Creates the completion of a call that no provider bills. */
export function unbilled(status: Completion['status'], error: unknown): Completion {
  return { status, usage: NO_USAGE, usageSource: 'reported', costNanos: ZERO, error }
}

/** Returns the last of several completions with the sum of their usage and cost. */
export function sumOf([last, ...others]: readonly Completion[]): Completion {
  const sum = (of: (completion: Completion) => number) =>
    others.reduce((sum, other) => sum + of(other), of(last!)) as Nanos
  return {
    ...last!,
    usage: others.reduce<Usage>((total, { usage }) => addUsage(total, usage), last!.usage),
    costNanos: sum(({ costNanos }) => costNanos),
    unknownNanos: sum(({ unknownNanos = ZERO }) => unknownNanos),
  }
}

/** Creates the result of a provider's response. */
export function answered(
  { model }: Asked,
  response: Response,
  body: Answer['body'],
  completion: Completion | Promise<Completion>,
): ModelResult {
  const { status, headers } = response
  return { status, headers, body, origin: response, model, completion: Promise.resolve(completion) }
}

/**
 * Refuses a call with an error in the provider's format. No other target is tried, and SDKs do not retry it.
 *
 * @param error its code determines the status if it is one of ours; otherwise it is 400
 *
 * @param call the call that is refused
 * @param response the HTTP status of the response, and headers to add to it
 * @example
 * const error = { message: 'Not here.', type: 'policy_error', code: 'not_allowed' }
 * const policy: ModelLayer = async (call, next) => (isAllowed(call) ? next(call) : refused(call, error, { status: 403 }))
 */
export function refused(
  { format, model }: Asked,
  error: ErrorFacts,
  { status, headers }: { readonly status?: number; readonly headers?: ExtraHeaders } = {},
): ModelResult {
  const answer = errorAnswer(format, error, { ...NOT_REPEATED, ...headers }, status ?? refusalStatusOf(error.code))
  return { ...answer, model, completion: Promise.resolve(unbilled('refused', error)) }
}

/** 400 in place of 500: the AI SDK reads no `x-should-retry`, and a mistake of the service is no outage of its provider. */
function refusalStatusOf(code: string): number {
  const status = httpStatusOf(code)
  return status === 500 ? 400 : status
}

/** Creates the result for a provider that did not answer. `cause` is recorded in telemetry. */
export function failed(
  { format, model }: Asked,
  error: OwnErrorFacts,
  { headers = {}, cause = error }: { readonly headers?: ExtraHeaders; readonly cause?: unknown } = {},
): ModelResult {
  return { ...errorAnswer(format, error, headers), model, completion: Promise.resolve(unbilled('failed', cause)) }
}

/** Creates the result for an answer that cannot be read. */
export function malformed(
  { format, model }: Asked,
  message: string,
  completion: Completion | Promise<Completion>,
): ModelResult {
  const error: OwnErrorFacts = { message, type: 'provider_error', code: 'malformed_response' }
  return { ...errorAnswer(format, error, NOT_REPEATED), model, completion: Promise.resolve(completion) }
}

export function withHeaders(result: ModelResult, added: ExtraHeaders): ModelResult {
  const headers = new Headers(result.headers)
  for (const name in added) headers.set(name, added[name]!)
  return { ...result, headers }
}
