import { isError } from '../read-safely.ts'
import { NoToolAvailable } from './no-tool-available.ts'

/** Longer chains of causes are not followed. */
const MAX_CAUSES = 10

/**
 * Adds the errors of the functions before to an error that is thrown as it is, as its last cause: they are the reason
 * why this function was called. A value that is not an error, or cannot be changed, stays as it is.
 */
export function keepEarlierCauses(error: unknown, earlier: NoToolAvailable['causes']): void {
  if (earlier.length === 0) return
  let last = error
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    // An error object that is thrown many times would collect more and more causes.
    if (!isError(last) || NoToolAvailable.isInstance(last)) return
    if (last.cause === undefined || last.cause === null) break
    last = last.cause
  }
  if (!Object.isExtensible(last)) return
  const value = new NoToolAvailable(earlier)
  Object.defineProperty(last, 'cause', { value, configurable: true, writable: true })
}
