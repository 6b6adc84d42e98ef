import { createHash, timingSafeEqual } from 'node:crypto'

/** Returns a function that checks the header `authorization` for the token. Without a token, no header is accepted. */
export function tokenCheck(token: string | undefined): (authorization: string | null | undefined) => boolean {
  if (!token) return () => false
  const expected = digest(token)
  // Hashes have the same length, so the comparison does not reveal the length of the token.
  return (authorization) => timingSafeEqual(digest(bearerOf(authorization)), expected)
}

/** The token of `Authorization: Bearer`, or an empty text. */
export function bearerOf(authorization: string | null | undefined): string {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? ''
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
