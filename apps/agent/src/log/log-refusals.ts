import type { RequestHandler } from 'express'
import { errorChain } from 'llmops-middleware'
import type { AgentLog } from './agent-log.ts'

/**
 * Logs one line for each refused request, with its method, status and code. Path and headers are left out, because
 * outsiders may write anything into them. A request that became a task is logged by its task.
 */
export function logRefusals(log: AgentLog): RequestHandler {
  return (request, response, next) => {
    response.once('finish', () => {
      const { statusCode: status, locals } = response
      if (status < 400 || locals['task'] !== undefined) return
      const code = typeof locals['problemCode'] === 'string' ? locals['problemCode'] : `http_${status}`
      const level = status >= 500 ? 'error' : 'warn'
      log[level](
        { event: 'request_refused', code, status, method: request.method },
        `A request was refused with ${status} ${code}.`,
      )
    })
    next()
  }
}

/** Logs an unexpected error. The response does not show it. */
export function logInternal(log: AgentLog, error: unknown): void {
  const causes = errorChain(error)
  const [first] = causes
  log.error({ event: 'internal_error', code: 'internal', causes }, `Unexpected error: ${first?.name} ${first?.message}`)
}
