import type { ErrorRequestHandler } from 'express'
import { checkOptions } from '../check.ts'
import { describeFailure, FAILURE_OPTIONS, type FailureOptions, noteFailure } from '../http/index.ts'
import type { Task } from '../task.ts'
import { sendProblem } from './problem.ts'

/** The options of `problemHandler`. */
export type ProblemHandlerOptions = FailureOptions

/**
 * Answers every error as problem details (RFC 9457). This is the only place that translates errors to HTTP. Use it
 * last.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.use(problemHandler())
 */
export function problemHandler(options: ProblemHandlerOptions = {}): ErrorRequestHandler {
  checkOptions(options, FAILURE_OPTIONS)
  // Express recognises an error handler by its four parameters.
  return (error, _request, response, next) => {
    const task: Task | undefined = response.locals['task']
    const failure = describeFailure(error, task, options)
    response.locals['problemCode'] = failure.problem.code
    noteFailure(response, failure)
    if (response.writableEnded || response.destroyed) return
    // A response that was partly sent cannot become a problem response: Express closes the connection, so that no client
    // takes it for complete.
    if (response.headersSent) return next(error)
    sendProblem(response, failure.problem)
  }
}
