import type { ErrorRequestHandler } from 'express'
import { type ChecksOf, checkOptions, func } from '../check.ts'
import type { FailureClass } from '../failure-class.ts'
import { failureClassOf, type Task } from '../task.ts'
import { type Problem, sendProblem } from './problem.ts'
import { problemOf } from './problem-of.ts'

export type ProblemHandlerOptions = {
  /** Returns the problem of an error of your own; undefined leaves an error to the library. @default none is your own */
  readonly describe?: ((error: unknown) => Problem | undefined) | undefined
  /** Called with each error that is answered with 500. @default console.error */
  readonly log?: ((error: unknown) => void) | undefined
}

export const PROBLEM_HANDLER_OPTIONS: ChecksOf<ProblemHandlerOptions> = { describe: func, log: func }

/**
 * Answers every error as problem details (RFC 9457); the one place where an error becomes HTTP. Use it last.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.use(problemHandler())
 */
export function problemHandler(options: ProblemHandlerOptions = {}): ErrorRequestHandler {
  checkOptions(options, PROBLEM_HANDLER_OPTIONS)
  const { describe, log = console.error } = options
  // Express tells an error handler by its four parameters.
  return (error, _request, response, next) => {
    // SDKs report an abort in words of their own; what the caller must know is why it was aborted.
    const task: Task | undefined = response.locals['task']
    const cause: unknown = task?.signal.aborted ? task.signal.reason : error
    const problem = describe?.(cause) ?? problemOf(cause)
    response.locals['problemCode'] = problem.code
    response.locals['failureClass'] = classOf(error, problem, task)
    if (problem.status === 500) log(error)
    if (response.writableEnded || response.destroyed) return
    // A half-sent answer cannot become a problem: Express cuts the connection, so that nobody takes it for whole.
    if (response.headersSent) return next(error)
    sendProblem(response, problem)
  }
}

/** What is answered with 4xx is the caller's mistake, unless the code of the error says that it is another's. */
function classOf(error: unknown, { status }: Problem, task: Task | undefined): FailureClass {
  return failureClassOf(error, task, status >= 400 && status < 500 ? 'caller' : 'agent')
}
