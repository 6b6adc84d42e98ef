import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Finds the tenant of a key among hashes. Every hash is compared, each in constant time, so that the time of an answer
 * tells nothing about the keys or about how many there are.
 */
export function tenantOfKey(key: string, keyHashes: ReadonlyMap<string, string>): string | undefined {
  const presented = createHash('sha256').update(key).digest()
  let found: string | undefined
  for (const [tenant, hash] of keyHashes) {
    if (timingSafeEqual(presented, Buffer.from(hash, 'hex'))) found = tenant
  }
  return found
}
