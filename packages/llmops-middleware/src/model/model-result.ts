import { type ErrorCode, httpStatusOf } from '../error-codes.ts'
import { addUsage, NO_USAGE, type Usage } from '../usage.ts'
import { type Nanos, ZERO } from '../usd.ts'
import type { PieceSource, ResponseOrigin } from './answer/index.ts'
import type { PendingCharge } from './background-calls.ts'
import type { ModelCall } from './model-call.ts'
import type { ErrorFacts, StreamFailure, WireFormat } from './wire-format.ts'

/** What is said to who asked: the provider's words, or ours in its shape. It becomes a `Response` at the edge. */
export type Answer = {
  /** The HTTP status. */
  readonly status: number
  /** The provider's own: whoever adds one takes a copy. */
  readonly headers: Headers
  /** The whole text, or a source of the pieces of a stream. */
  readonly body: WholeBody | StreamBody
  /** The rest of what the provider's response said; undefined when the answer is ours. */
  readonly origin?: ResponseOrigin & { readonly statusText: string }
}

export type WholeBody = {
  readonly text: string
  /** Its value, where it was parsed. */
  readonly value?: Readonly<Record<string, unknown>>
  readonly pieces?: undefined
}

/** Whoever limits, spoils or masks a stream puts a source around its source, and does nothing else. */
export type StreamBody = {
  readonly pieces: PieceSource
  readonly progress: StreamProgress
}

/** Live: each says what is so when it is asked. */
export interface StreamProgress {
  /** Whether an event has come. */
  readonly isOpen: boolean
  /** Whether it has said more than that an answer begins. */
  readonly hasBegun: boolean
  /** Whether what came says that the answer is whole. */
  readonly isWhole: boolean
  /** The provider's own error, once it has come. */
  readonly failure: StreamFailure | undefined
}

/** The answer to a model call, before it becomes a `Response`. */
export type ModelResult = Answer & {
  /** The model that was asked. */
  readonly model: string
  /** The output cap that the provider was given where a layer of ours cut the caller's, all choices together. */
  readonly clampedToTokens?: number
  /** What the tightest of the budgets that pay had left without this call. */
  readonly leftNanos?: number
  /** Settles once, when the last byte was delivered, cut or aborted; never rejects. Of a whole answer it is settled. */
  readonly completion: Promise<Completion>
}

/** How an attempt ended and what it cost. */
export type Completion = {
  /**
   * - `completed`: the whole answer, with the provider's own usage
   * - `failed`: the provider answered with an error, as a stream's first event too; nothing was generated
   * - `refused`: a layer of ours answered instead of the provider, and nobody else could do better
   * - `aborted`: the caller left; usage is what was delivered
   * - `broken`: the answer was cut, stalled or malformed, or the provider failed in it; usage is what was delivered
   */
  readonly status: 'completed' | 'failed' | 'refused' | 'aborted' | 'broken'
  /** What was billed, or an estimate of it. */
  readonly usage: Usage
  /** `reported` by the provider, `estimated` from what was delivered, or `unknown` when nothing can tell. */
  readonly usageSource: 'reported' | 'estimated' | 'unknown'
  /** What it cost, in nano-USD. */
  readonly costNanos: Nanos
  /** The part of the cost that nobody knows. @default 0 */
  readonly unknownNanos?: Nanos
  /** Nothing tells what it cost, but that answered calls of its tenant and model were at most like this. @default false @internal */
  readonly isLikened?: boolean
  /** A budget has charged this cost: what is not known, by its rules. @default false @internal */
  readonly isCharged?: boolean
  /** It goes on in the background, and this hears of what it cost. @internal */
  readonly pending?: PendingCharge
  /** The model the provider says answered, when it says. */
  readonly responseModel?: string
  /** Why each choice ended. */
  readonly finishReasons?: readonly string[]
  /** The stream ended without the end that its format promises, where that is no fault (the option `finish`). */
  readonly isUnfinished?: true
  /** What was thrown, or the provider's own error. */
  readonly error?: unknown
  /** From the request to the first event of a stream; absent for JSON. */
  readonly timeToFirstTokenMs?: number
  /** The mean time between the events of a stream that had several. */
  readonly timePerChunkMs?: number
}

type ExtraHeaders = Readonly<Record<string, string>>
type Asked = Pick<ModelCall, 'format' | 'model'>

/** What we answer in place of the provider has a code of the table, and with it a status. */
export type OwnErrorFacts = ErrorFacts & { readonly code: ErrorCode }

/** SDKs repeat what they are not told to leave alone. */
export const NOT_REPEATED: ExtraHeaders = { 'x-should-retry': 'false' }

/**
 * An answer of ours in the provider's own error shape. It is an answer and not a throw: what is thrown inside `fetch`
 * reaches the SDK's caller as a connection error, after retries and without its code.
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

/** How a call ended for which no provider bills anything. */
export function unbilled(status: Completion['status'], error: unknown): Completion {
  return { status, usage: NO_USAGE, usageSource: 'reported', costNanos: ZERO, error }
}

/** The last of several attempts, with what all of them used. */
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

/** What a provider answered. */
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
 * Answers a call instead of the provider, in its error shape: no other target is asked, and no SDK repeats it. `status` is
 * that of the error's code where the code is one of ours, else 500.
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
  const answer = errorAnswer(format, error, { ...NOT_REPEATED, ...headers }, status)
  return { ...answer, model, completion: Promise.resolve(unbilled('refused', error)) }
}

/** Stands for a provider that did not answer. `cause` is what telemetry hears. */
export function failed(
  { format, model }: Asked,
  error: OwnErrorFacts,
  { headers = {}, cause = error }: { readonly headers?: ExtraHeaders; readonly cause?: unknown } = {},
): ModelResult {
  return { ...errorAnswer(format, error, headers), model, completion: Promise.resolve(unbilled('failed', cause)) }
}

/** Stands for an answer that nobody can read. */
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
