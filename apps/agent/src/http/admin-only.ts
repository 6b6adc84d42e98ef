import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { sendProblem } from 'llmops-middleware/express'
import { isLoopback } from '../settings/kinds.ts'
import type { Settings } from '../settings/settings.ts'

/** Lets in who has the admin token; everyone, when only this machine can connect. Without a token nobody gets in. */
export function adminOnly({ adminToken, host }: Settings): RequestHandler {
  return (request, response, next) => {
    if (isLoopback(host)) return next()
    const presented = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1]
    if (adminToken && presented && isEqual(presented, adminToken)) return next()
    const detail = adminToken ? 'Send `Authorization: Bearer <admin token>`.' : 'ADMIN_TOKEN is not set.'
    sendProblem(response, { status: 401, code: 'unauthorized', title: 'Admin only', detail })
  }
}

/** Hashes have one length, so that the comparison tells nothing about the token's. */
function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest())
}
