import { isError, readSafely } from '../read-safely.ts'
import { NoToolAvailable } from './no-tool-available.ts'

/** The request was never sent, so it had no effect. */
const NEVER_SENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // Prisma: no server, and no free connection
  'P1001',
  'P2024',
])

/** The request may have been sent before the connection broke, it timed out or it was aborted. By `code`. */
const LOST: ReadonlySet<unknown> = new Set([
  'tool_timeout',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_ABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_HTTP2_STREAM_CANCEL',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_SESSION_ERROR',
  // axios
  'ERR_NETWORK',
  'ERR_CANCELED',
  // MCP: https://github.com/modelcontextprotocol/typescript-sdk, ErrorCode of 1.x and SdkErrorCode of 2.x
  -32001,
  -32000,
  'REQUEST_TIMEOUT',
  'CONNECTION_CLOSED',
  'SEND_FAILED',
  // Azure SDKs
  'REQUEST_SEND_ERROR',
  // got
  'ERR_READING_RESPONSE_STREAM',
  // nodemailer, and tedious for SQL Server
  'ECONNECTION',
  'ESOCKET',
  'ETIMEOUT',
  // Slack
  'slack_webapi_request_error',
  // mysql2, Prisma, PostgreSQL
  'PROTOCOL_CONNECTION_LOST',
  'P1002',
  'P1017',
  '57P01',
  '08006',
])

/** The same, by the code of gRPC: deadline exceeded, and unavailable. */
const LOST_GRPC: ReadonlySet<unknown> = new Set([4, 14])

/** The same, by the name of the error or of its class, because the openai SDK names all of its errors `Error`. */
const LOST_NAMES: ReadonlySet<unknown> = new Set([
  'TimeoutError',
  'AbortError',
  'APIConnectionTimeoutError',
  'APIConnectionError',
  'APIUserAbortError',
  'StripeConnectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MaxRetriesPerRequestError',
])

/** The same, by the message, for pg and ioredis, whose errors have nothing else. */
const LOST_MESSAGES: ReadonlySet<unknown> = new Set([
  'Connection terminated unexpectedly',
  'Query read timeout',
  'Connection is closed.',
])

/** The service got the request and failed, or its response could not be read. By `code`. */
const BROKEN: ReadonlySet<unknown> = new Set([
  'ERR_BAD_RESPONSE',
  // Azure SDKs
  'PARSE_ERROR',
  // MCP: internal error, invalid results
  -32603,
  'INVALID_RESULT',
  'UNSUPPORTED_RESULT_TYPE',
  // a governed call or a task inside the function
  'deadline_exceeded',
  'attempt_timeout',
  'stream_broken',
  // a tool with an effect inside the function
  'unknown_outcome',
])

/**
 * Whether an error means that a tool is unavailable, so that the next function is called: it has `isUnavailable: true`,
 * or is a timeout, an aborted request or a network error. A wrong argument, a response of 4xx or 5xx and a bug do not
 * count, because the next function would hide them.
 *
 * @param error what a function threw
 */
export function isUnavailable(error: unknown): boolean {
  return errorsIn(error).every((each) => saysUnavailable(each) || isNeverSent(each) || isLost(each))
}

/** Whether the response was lost on its way, so that retrying the same function may return it. */
export function wasLost(error: unknown): boolean {
  return errorsIn(error).some((each) => isLost(each) && !isNeverSent(each))
}

/**
 * Whether the service may have done what it was asked to, though the call failed: the response was lost, was a 5xx or a
 * 408, or could not be read.
 */
export function mayHaveHappened(error: unknown): boolean {
  return errorsIn(error).some((each) => (isLost(each) ? !isNeverSent(each) : !saysUnavailable(each) && isBroken(each)))
}

/** Returns the errors of several attempts, such as those of `Promise.any`, else the error itself. */
function errorsIn(error: unknown): readonly unknown[] {
  // Node gives a code to its own, which has attempts to connect to one host.
  const errors = isError(error) && !('code' in error) ? readSafely(error, 'errors') : undefined
  return readSafely(error, 'name') === 'AggregateError' && Array.isArray(errors) && errors.length > 0 ? errors : [error]
}

function saysUnavailable(error: unknown): boolean {
  return readSafely(error, 'isUnavailable') === true
}

function isNeverSent(error: unknown): boolean {
  return causesOf(error).some(({ code }) => NEVER_SENT.has(code))
}

function isLost(error: unknown): boolean {
  return causesOf(error).some(
    (each) =>
      LOST.has(each.code) ||
      LOST_NAMES.has(each.name) ||
      LOST_NAMES.has(each.constructor?.name) ||
      LOST_MESSAGES.has(each.message) ||
      isLostByGrpc(each),
  )
}

/** Other errors have such codes too: the exit code of a process is one. */
function isLostByGrpc({ code, details, metadata }: Thrown): boolean {
  return LOST_GRPC.has(code) && details !== undefined && metadata !== undefined
}

function isBroken(error: unknown): boolean {
  const causes = causesOf(error)
  const status = causes.map(statusOf).find((status) => status !== undefined)
  return causes.some(({ code }) => BROKEN.has(code)) || (status !== undefined && (status >= 500 || status === 408))
}

const FACTS = [
  'code',
  'name',
  'message',
  'constructor',
  'details',
  'metadata',
  'status',
  'statusCode',
  'response',
  '$metadata',
] as const

type Thrown = {
  readonly code?: unknown
  readonly name?: unknown
  readonly message?: unknown
  readonly details?: unknown
  readonly metadata?: unknown
  readonly constructor?: { readonly name?: unknown }
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly response?: { readonly status?: unknown; readonly statusCode?: unknown } | null
  readonly $metadata?: { readonly httpStatusCode?: unknown } | null
}

/**
 * Returns the error and its causes: Node's `fetch` hides the network error in the cause of a TypeError. Causes of
 * functions that were skipped before do not count.
 */
function causesOf(error: unknown): readonly Thrown[] {
  const causes: Thrown[] = []
  for (let at = error; typeof at === 'object' && at !== null && causes.length < 5; at = readSafely(at, 'cause')) {
    if (causes.length > 0 && NoToolAvailable.isInstance(at)) break
    causes.push(factsOf(at))
  }
  return causes
}

/** Getters of a thrown value may throw. */
function factsOf(error: object): Thrown {
  return Object.fromEntries(FACTS.map((name) => [name, readSafely(error, name)]))
}

/** Returns the HTTP status, from wherever a client stores it. A `code` in that range is one too (MCP 1.x). */
function statusOf({ status, statusCode, response, $metadata, code }: Thrown): number | undefined {
  const found = [status, statusCode, response?.status, response?.statusCode, $metadata?.httpStatusCode, code]
  return found.find((each): each is number => typeof each === 'number' && each >= 100 && each <= 599)
}
