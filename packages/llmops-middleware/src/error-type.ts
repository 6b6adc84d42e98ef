import { isError, readSafely } from './read-safely.ts'

const MOST_CHARACTERS = 64

/** `error.type` of anything thrown: its stable code, else its class, never its message, which has no bounds. */
export function errorTypeOf(error: unknown): string {
  const code = readSafely(error, 'code')
  if (isWord(code)) return code
  const name = readSafely(error, 'name')
  return isWord(name) && isError(error) ? name : '_OTHER'
}

/** Whoever throws may put anything there; what is longer names no kind of error. */
function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MOST_CHARACTERS
}
