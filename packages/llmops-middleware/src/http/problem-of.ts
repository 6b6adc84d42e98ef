import { type ErrorCode, HTTP_STATUS } from '../error-codes.ts'
import { LlmOpsError } from '../errors.ts'
import { type ModelError, modelErrorIn } from './model-error.ts'
import type { Problem } from './problem.ts'
import { PROBLEM_STATUS } from './problem-status.ts'

/**
 * The problem of anything that was thrown: errors of this library by their code, errors of model SDKs and of what reads
 * a request (Express' router, body parsers, decoders) by their shape. Everything else is a 500 that says nothing.
 *
 * @param error what was thrown
 */
export function problemOf(error: unknown): Problem {
  const thrown = (typeof error === 'object' && error !== null ? error : {}) as Thrown
  const modelError = modelErrorIn(error)
  return (
    // A tool may have failed because of a model, but it is the tool that failed.
    (LlmOpsError.isInstance(error) ? ownProblem(thrown) : undefined) ??
    (modelError && toldProblem(modelError)) ??
    ownProblem(thrown) ??
    requestProblem(thrown) ??
    (modelError && modelProblem(modelError)) ??
    INTERNAL
  )
}

type Thrown = {
  readonly code?: unknown
  readonly message?: unknown
  /** The message of our errors that callers may see. */
  readonly publicMessage?: unknown
  readonly status?: unknown
  /** Milliseconds. */
  readonly retryAfterMs?: unknown
  /** Set by `http-errors` if the message may be shown. */
  readonly expose?: unknown
  readonly type?: unknown
  readonly limit?: unknown
  /** Set by Node on errors of the system and of zlib. */
  readonly errno?: unknown
  /** The error that an API returned, as SDKs keep it. */
  readonly error?: unknown
  readonly headers?: unknown
  readonly resetsAt?: unknown
  readonly scope?: unknown
}

const INTERNAL: Problem = {
  status: PROBLEM_STATUS.internal,
  code: 'internal',
  title: 'Internal error',
  detail: 'The request failed. See the log of the service.',
}

type Known = {
  readonly title: string
  readonly detail?: string
  readonly retryAfterMs?: number
}

/** A detail of its own where the message may name what callers should not see; else the error's message is shown. */
const BY_CODE: Readonly<Partial<Record<ErrorCode | keyof typeof PROBLEM_STATUS, Known>>> = {
  unknown_tenant: { title: 'Who pays is not known' },
  budget_exceeded: { title: 'The budget does not pay for this' },
  run_budget_exceeded: { title: 'The budget of this run does not pay for this' },
  deadline_exceeded: { title: 'Out of time' },
  task_ended: { title: 'The task is over' },
  // The client does not get this answer; the status distinguishes it from our own failures.
  client_disconnected: { title: 'The client left' },
  chaos_throttled: { title: 'Throttled' },
  chaos_outage: { title: 'Not available', retryAfterMs: 5000 },
  chaos_malformed: { title: 'An answer could not be read' },
  stream_broken: { title: 'The answer of the model broke off' },
  attempt_timeout: { title: 'The model took too long', detail: 'No target answered in time.' },
  no_target_available: { title: 'No model is available', detail: 'No target answered.', retryAfterMs: 5000 },
  malformed_response: { title: 'The answer of the model could not be read' },
  content_filter: {
    title: 'Refused by the content filter',
    detail: 'The model does not answer this.',
  },
  invalid_prompt: {
    title: 'Refused by the content filter',
    detail: 'The model does not answer this.',
  },
  context_length_exceeded: {
    title: 'Too long for the model',
    detail: 'The conversation is longer than the model can read.',
  },
  tool_unavailable: { title: 'A tool is not available', retryAfterMs: 5000 },
  tool_timeout: { title: 'A tool took too long' },
  duplicate_call: { title: 'A tool was called before with this key' },
  unknown_outcome: { title: 'A tool may or may not have acted' },
  invalid_result: { title: 'A tool answered what it should not', detail: 'The answer of a tool cannot be used.' },
  mcp_tool_failed: { title: 'A tool failed', detail: 'The server of a tool failed.' },
  mcp_tool_refused: { title: 'A tool is refused', detail: 'What the server of a tool says of it is not accepted.' },
  no_tool_available: { title: 'No tool is available', retryAfterMs: 5000 },
  unknown_model_price: { title: 'The model has no price' },
  ledger_corrupted: {
    title: 'The budget cannot be checked',
    detail: 'The data of the budget is damaged, so no call is made. See the log of the service.',
  },
  ledger_unavailable: {
    title: 'The budget cannot be checked',
    detail: 'The remaining budget cannot be read at the moment, so no call is made.',
    retryAfterMs: 5000,
  },
}

/** The status of each code that a problem can have. */
const STATUS: Readonly<Record<string, number>> = { ...HTTP_STATUS, ...PROBLEM_STATUS }

function ownProblem(thrown: Thrown): Problem | undefined {
  const { code, message, publicMessage = message, retryAfterMs, resetsAt, scope, error, headers } = thrown
  if (typeof code !== 'string' || !Object.hasOwn(BY_CODE, code)) return undefined
  const known = BY_CODE[code as keyof typeof BY_CODE]!
  const status = STATUS[code]!
  const waitMs = typeof retryAfterMs === 'number' ? retryAfterMs : known.retryAfterMs
  // SDKs keep the details of a refusal in `error`, in the provider's spelling.
  const refusal = (error ?? {}) as Readonly<Record<string, unknown>>
  const members = {
    resetsAt: resetsAt ?? refusal['resets_at'],
    scope: scope ?? refusal['scope'],
    reason: refusal['reason'],
    neededUsd: refusal['needed_usd'],
    leftUsd: refusal['left_usd'],
    limitUsd: refusal['limit_usd'],
  }
  return {
    status,
    code,
    title: known.title,
    detail: known.detail ?? String(publicMessage),
    headers: {
      ...(waitMs !== undefined ? retryAfter(waitMs) : retryAfterOf(headers)),
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    },
    members: Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)),
  }
}

/** Returns the problem of a code that the answer to a model call has: of a refusal of ours, or one of a provider. */
function toldProblem({ told, headers }: ModelError): Problem | undefined {
  const known = ([...told] as Thrown[]).filter(({ code }) => typeof code === 'string' && Object.hasOwn(BY_CODE, code))
  // The innermost is the answer itself: the message of the SDK's error begins with the status.
  const answer = known.findLast(({ code }) => code === known[0]!.code)
  if (!answer) return undefined
  const { code, message, publicMessage = message, retryAfterMs } = answer
  return ownProblem({ code, publicMessage, retryAfterMs, headers, error: answer })
}

/** Returns the problem for an error about the request itself, which has a 4xx status. */
function requestProblem(thrown: Thrown): Problem | undefined {
  if (!isAboutRequest(thrown)) return undefined
  const { status, type, limit } = thrown
  if (type === 'entity.too.large') {
    const detail = `At most ${limit} bytes are accepted.`
    return { status, code: 'body_too_large', title: 'The body is too large', detail }
  }
  const field = fieldOf(thrown)
  const members = field === undefined ? {} : { field }
  return { status, code: 'invalid_request', title: 'The request cannot be used', detail: detailOf(thrown), members }
}

/**
 * Errors of `http-errors`, into which body parsers also convert errors of zlib, say whether their message may be shown.
 * Express' router only sets a status on its error for an invalid percent-encoding.
 */
function isAboutRequest(thrown: Thrown): thrown is Thrown & { readonly status: number } {
  const { status, expose } = thrown
  const isStatus = typeof status === 'number' && status >= 400 && status < 500
  return isStatus && (expose === true || thrown instanceof URIError)
}

function fieldOf(thrown: Thrown): 'path' | 'body' | undefined {
  if (thrown instanceof URIError) return 'path'
  return typeof thrown.type === 'string' || isOfDecoder(thrown) ? 'body' : undefined
}

function detailOf(thrown: Thrown): string {
  if (thrown.type === 'entity.parse.failed') return 'The body is not JSON.'
  if (thrown.type === 'form.parse.failed') return 'The body is not a form.'
  return isOfDecoder(thrown) ? `The body cannot be decompressed: ${thrown.message}.` : String(thrown.message)
}

/** Whether zlib threw the error: its errors have a number, for every format. */
function isOfDecoder({ errno, type }: Thrown): boolean {
  return typeof errno === 'number' && type === undefined
}

/** Returns the problem for an error of a model SDK, by the status of the answer. */
function modelProblem({ status, headers }: ModelError): Problem {
  if (status === 429) {
    return {
      status: PROBLEM_STATUS.model_throttled,
      code: 'model_throttled',
      title: 'The model is throttled',
      detail: 'The model takes no more requests for now.',
      headers: retryAfterOf(headers),
    }
  }
  if (status === undefined || status >= 500) {
    return {
      status: PROBLEM_STATUS.model_unavailable,
      code: 'model_unavailable',
      title: 'No model is available',
      detail: status === undefined ? 'The model cannot be reached.' : `The model answered ${status}.`,
      headers: retryAfter(5000),
    }
  }
  return {
    status: PROBLEM_STATUS.model_refused,
    code: 'model_refused',
    title: 'The model refused the request',
    detail: `The model answered ${status}.`,
  }
}

function retryAfter(ms: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(ms / 1000)) }
}

function retryAfterOf(headers: unknown): Record<string, string> {
  const value = headers instanceof Headers ? headers.get('retry-after') : null
  return value ? { 'retry-after': value } : {}
}
