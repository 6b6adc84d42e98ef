import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Whether a request carries the token, as `Authorization: Bearer <token>`. False if no token is configured. */
export function carries(token: string | undefined, { headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const presented = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
  return token !== undefined && presented !== undefined && isEqual(presented, token)
}

/** Compares hashes, which all have the same length, so that the time does not reveal the length of the token. */
function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest())
}
