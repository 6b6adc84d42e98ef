import { isError } from '../read-safely.ts'
import { NoToolAvailable } from './no-tool-available.ts'

/** Longer chains of causes are not followed. */
const MAX_CAUSES = 10

/**
 * Keeps what the functions before said with an error that is thrown as it is, as its last cause: the chain came to this
 * function only because of them. What is no error, or cannot be changed, is left alone.
 */
export function keepEarlierCauses(error: unknown, earlier: NoToolAvailable['causes']): void {
  if (earlier.length === 0) return
  let last = error
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    // An error that is thrown again and again would collect them.
    if (!isError(last) || NoToolAvailable.isInstance(last)) return
    if (last.cause === undefined || last.cause === null) break
    last = last.cause
  }
  if (!Object.isExtensible(last)) return
  const value = new NoToolAvailable(earlier)
  Object.defineProperty(last, 'cause', { value, configurable: true, writable: true })
}
