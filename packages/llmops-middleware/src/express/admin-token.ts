import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { sendProblem } from './problem.ts'
import { PROBLEM_STATUS } from './problem-status.ts'

/**
 * Lets through who presents the token as `Authorization: Bearer`. Without a configured token nothing is there (404);
 * with one, a missing or wrong token is 401: an operator must be able to tell a forgotten token from a wrong address.
 */
export function requireToken(token: string | undefined): RequestHandler {
  if (!token) {
    return (_request, response) => {
      sendProblem(response, {
        status: PROBLEM_STATUS.not_found,
        code: 'not_found',
        title: 'Not found',
        detail: 'There is nothing here.',
      })
    }
  }
  const carries = carriesToken(token)
  return (request, response, next) => {
    if (carries(request)) return next()
    sendProblem(response, {
      status: PROBLEM_STATUS.unauthorized,
      code: 'unauthorized',
      title: 'Admin only',
      detail: 'Send `Authorization: Bearer <admin token>`.',
      headers: { 'www-authenticate': 'Bearer realm="admin"' },
    })
  }
}

/** Whether a request presents the token; none does where there is no token. */
export function carriesToken(token: string | undefined): (request: Request) => boolean {
  if (!token) return () => false
  const expected = digest(token)
  return (request) => {
    const presented = /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1]
    // Hashes have one length, so that the comparison tells nothing about the token's.
    return timingSafeEqual(digest(presented ?? ''), expected)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
