import type { FastifyReply, FastifyRequest } from 'fastify'
import { checkOptions } from '../check.ts'
import { LlmOpsError } from '../errors.ts'
import { describeFailure, FAILURE_OPTIONS, type FailureOptions, noteFailure } from '../http/index.ts'
import { sendProblem, tasks } from './send.ts'

/** The options of `problemHandler`. */
export type ProblemHandlerOptions = FailureOptions

/**
 * Answers every error as problem details (RFC 9457).
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.setErrorHandler(problemHandler())
 */
export function problemHandler(
  options: ProblemHandlerOptions = {},
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => void {
  checkOptions(options, FAILURE_OPTIONS)
  return (error, request, reply) => {
    const failure = describeFailure(ofRequest(error, request), tasks.get(request), options)
    noteFailure(reply.raw, failure)
    if (reply.raw.writableEnded || reply.raw.destroyed) return
    // A response that was partly sent cannot become a problem response: it is cut, so that no client takes it for
    // complete.
    if (reply.raw.headersSent) reply.raw.destroy()
    else sendProblem(reply, failure.problem)
  }
}

/** Translates Fastify's own errors about a body into those of `http-errors`. */
const TYPES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'entity.too.large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'entity.parse.failed',
}

/**
 * Whether an error has nothing but a status and a message, as Fastify documents it for handlers. One of an HTTP client
 * also has what it was answered (AI SDK, Azure, Stripe): its status is that of another service, and its message is not for callers.
 */
function isPlain(error: object): boolean {
  if (LlmOpsError.isInstance(error)) return false
  return Object.getOwnPropertyNames(error).every((name) => OF_PLAIN_ERRORS.has(name))
}

const OF_PLAIN_ERRORS: ReadonlySet<string> = new Set([
  ...['name', 'message', 'stack', 'cause', 'code', 'error'],
  ...['status', 'statusCode', 'statusMessage', 'expose'],
])

type FastifyThrown = { readonly code?: unknown; readonly statusCode?: unknown; readonly validation?: unknown }

function ofRequest(error: unknown, request: FastifyRequest): unknown {
  const { code, statusCode, validation } = (error ?? {}) as FastifyThrown
  const isOfFastify = typeof code === 'string' && code.startsWith('FST_')
  const isStatus = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
  if (!isStatus || !(isOfFastify || validation !== undefined || isPlain(error as object))) return error
  const type = typeof code === 'string' && code.includes('_CTP_') ? (TYPES[code] ?? code) : undefined
  const { message } = error as Error
  const { bodyLimit: limit } = request.routeOptions
  return Object.assign(new Error(message, { cause: error }), { status: statusCode, expose: true, type, limit })
}
