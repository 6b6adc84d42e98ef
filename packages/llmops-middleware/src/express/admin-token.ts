import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
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
  const expected = digest(token)
  return (request, response, next) => {
    const presented = /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1]
    // Hashes have one length, so that the comparison tells nothing about the token's.
    if (timingSafeEqual(digest(presented ?? ''), expected)) return next()
    sendProblem(response, {
      status: PROBLEM_STATUS.unauthorized,
      code: 'unauthorized',
      title: 'Admin only',
      detail: 'Send `Authorization: Bearer <admin token>`.',
      headers: { 'www-authenticate': 'Bearer realm="admin"' },
    })
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
