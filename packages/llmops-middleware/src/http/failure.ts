import { type ChecksOf, func } from '../check.ts'
import type { FailureClass } from '../failure-class.ts'
import { failureClassOf, type Task } from '../task.ts'
import type { Problem } from './problem.ts'
import { problemOf } from './problem-of.ts'

export type FailureOptions = {
  /** Returns the problem of an error of your own; undefined leaves an error to the library. @default none is your own */
  readonly describe?: ((error: unknown) => Problem | undefined) | undefined
  /** Called with each error that is answered with 500. @default console.error */
  readonly log?: ((error: unknown) => void) | undefined
}

export const FAILURE_OPTIONS: ChecksOf<FailureOptions> = { describe: func, log: func }

/** The problem that a failed request is answered with, and who caused the failure. */
export type Failure = { readonly problem: Problem; readonly failureClass: FailureClass }

/** Returns the problem for an error that ended a request. This is the only place where an error becomes HTTP. */
export function describeFailure(error: unknown, task: Task | undefined, options: FailureOptions): Failure {
  const { describe, log = console.error } = options
  // SDKs report an abort as their own error; the caller needs the reason of the abort.
  const cause: unknown = task?.signal.aborted ? task.signal.reason : error
  const problem = describe?.(cause) ?? problemOf(cause)
  if (problem.status === 500) log(error)
  return { problem, failureClass: classOf(error, problem, task) }
}

/** A 4xx is the caller's mistake, unless the code of the error has another class. */
function classOf(error: unknown, { status }: Problem, task: Task | undefined): FailureClass {
  return failureClassOf(error, task, status >= 400 && status < 500 ? 'caller' : 'agent')
}
