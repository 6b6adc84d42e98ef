import { createHash } from 'node:crypto'

const MAX_LENGTH = 64

/**
 * Returns a name that every model API accepts, `^[a-zA-Z0-9_-]{1,64}$`. Servers may use dots, slashes, spaces and any
 * length. A name that is cut ends with a hash of the whole name.
 */
export function nameForModels(prefix: string, name: string): string {
  const accepted = `${prefix}${name}`.replaceAll(/[^a-zA-Z0-9_-]/gu, '_')
  if (accepted.length <= MAX_LENGTH) return accepted
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${accepted.slice(0, MAX_LENGTH - hash.length - 1)}_${hash}`
}
