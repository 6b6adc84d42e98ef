import type { Request, RequestHandler } from 'express'
import { checkOptions } from '../check.ts'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import {
  problemOf,
  REQUEST_TASK_OPTIONS,
  type RequestTaskOptions,
  runNodeExchange,
  runRequest,
  TASK_ID_HEADER,
} from '../http/index.ts'
import type { Task } from '../task.ts'
import { sendProblem } from './problem.ts'

/** The options of `taskMiddleware`. */
export type TaskMiddlewareOptions = RequestTaskOptions<[request: Request]>

/**
 * Runs the rest of the request inside a task, which ends when the response does. It fails when an error reached
 * `problemHandler`, when the status is 500 or more, or when the client left, unless the handler classified it itself.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.post('/chat', taskMiddleware({ ops, tenant: (request) => tenantOf(request) }), chat)
 */
export function taskMiddleware(options: TaskMiddlewareOptions): RequestHandler {
  checkOptions(options, REQUEST_TASK_OPTIONS)
  const { graceMs = 10_000 } = options
  return (request, response, next) => {
    let hasBegun = false
    const run = (task: Task) => {
      hasBegun = true
      Object.assign(response.locals, { task, taskId: task.id })
      response.setHeader(TASK_ID_HEADER, task.id)
      return runNodeExchange(task, {
        response,
        graceMs,
        send: (problem) => sendProblem(response, problem),
        proceed: next,
      })
    }
    // Express passes on what handlers throw; only a task that did not start has to be reported here.
    runRequest(options, [request], run).catch((error: unknown) => {
      if (hasBegun) return
      // As every deadline: answered without an error handler.
      if (DeadlineExceededError.isInstance(error) && !response.headersSent) sendProblem(response, problemOf(error))
      else next(error)
    })
  }
}
