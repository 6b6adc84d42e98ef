import { isError, readSafely } from './read-safely.ts'

const MOST_CHARACTERS = 64

/** Returns `error.type` of a thrown value: its code, else its class. Never its message, which can be anything. */
export function errorTypeOf(error: unknown): string {
  const code = readSafely(error, 'code')
  if (isWord(code)) return code
  const name = readSafely(error, 'name')
  return isWord(name) && isError(error) ? name : '_OTHER'
}

/** Codes and names can be anything. A longer one is not a code. */
function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MOST_CHARACTERS
}
