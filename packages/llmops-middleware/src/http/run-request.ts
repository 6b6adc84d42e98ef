import type { Task } from '../task.ts'
import { asError } from './as-error.ts'
import { type RequestTaskOptions, requestTask, whyNotBegun } from './request-task.ts'

/**
 * Runs a function in the task of a request.
 *
 * @throws what the task rejects with; if no task could start, the error with which to refuse the request.
 */
export async function runRequest<Asked extends readonly unknown[], T>(
  options: RequestTaskOptions<Asked>,
  request: Asked,
  run: (task: Task) => T | Promise<T>,
): Promise<T> {
  let hasBegun = false
  const begin = (task: Task) => {
    hasBegun = true
    return run(task)
  }
  try {
    return await options.ops.task(await requestTask(options, ...request), begin)
  } catch (error) {
    throw hasBegun ? error : asError(whyNotBegun(error))
  }
}
