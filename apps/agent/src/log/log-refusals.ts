import type { RequestHandler } from 'express'
import { errorChain } from 'llmops-middleware'
import type { AgentLog } from './agent-log.ts'

/**
 * One line for each request that is refused. What outsiders write is not in it, but the method and the code: paths and
 * headers may hold anything. A request that became a task has the line of its task.
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

/** An error that nobody expected: whoever asked is told nothing of it. */
export function logInternal(log: AgentLog, error: unknown): void {
  const causes = errorChain(error)
  const [first] = causes
  log.error(
    { event: 'internal_error', code: 'internal', causes },
    `An error that nobody expected: ${first?.name} ${first?.message}`,
  )
}
