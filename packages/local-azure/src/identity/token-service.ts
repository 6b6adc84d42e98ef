import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export type Claims = { readonly oid: string; readonly aud: string; readonly exp: number }

const LIFETIME_SECONDS = 3600

/** Issues and verifies access tokens, as Microsoft Entra ID does. */
export class TokenService {
  readonly #key = randomBytes(32)

  /** Issues a token with the principal (`oid`) and the audience (`aud`). */
  issue(principalId: string, audience: string): { token: string; expiresAt: number } {
    const exp = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS
    const parts = [
      { alg: 'HS256', typ: 'JWT' },
      { oid: principalId, aud: audience, exp },
    ]
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return { token: `${signed}.${this.#sign(signed).toString('base64url')}`, expiresAt: exp * 1000 }
  }

  /** The claims of a token that this service issued and that has not expired. */
  verify(token: string): Claims | undefined {
    const [header, payload, signature] = token.split('.')
    if (header === undefined || payload === undefined || signature === undefined) return undefined
    const given = Buffer.from(signature, 'base64url')
    const wanted = this.#sign(`${header}.${payload}`)
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims
    return claims.exp * 1000 > Date.now() ? claims : undefined
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest()
  }
}
