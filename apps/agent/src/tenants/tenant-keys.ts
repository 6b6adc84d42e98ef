import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Finds the tenant of a key among the hashes. Every hash is compared, each in constant time, so that the response time
 * reveals nothing about the keys.
 */
export function tenantOfKey(key: string, keyHashes: ReadonlyMap<string, string>): string | undefined {
  const presented = createHash('sha256').update(key).digest()
  let found: string | undefined
  for (const [tenant, hash] of keyHashes) {
    if (timingSafeEqual(presented, Buffer.from(hash, 'hex'))) found = tenant
  }
  return found
}
