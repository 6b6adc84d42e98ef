import { type Check, having, where } from '../check.ts'
import { isOfAnotherCopy, ONE_COPY } from '../copy.ts'
import { readSafely } from '../read-safely.ts'

const RUNNING_TASKS = having('what createLlmOps returned', 'task')

/** The `ops` of whatever runs requests in tasks. */
export const OPS: Check = where(
  RUNNING_TASKS.accepts,
  (value) => RUNNING_TASKS.is(value) && !isOfAnotherCopy(readSafely(value, 'task')),
  (value) => (isOfAnotherCopy(readSafely(value, 'task')) ? ONE_COPY : RUNNING_TASKS.hint?.(value)),
)
