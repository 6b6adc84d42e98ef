import type { RequestHandler } from 'express'
import { sendProblem } from 'llmops-middleware/express'
import { isLoopback } from '../settings/kinds.ts'
import type { Settings } from '../settings/settings.ts'
import { carries } from './bearer.ts'

/**
 * Accepts requests with the admin token, and every request when only this machine can connect. If no admin token is
 * configured, all other requests are refused.
 */
export function adminOnly({ adminToken, host }: Settings): RequestHandler {
  return (request, response, next) => {
    if (isLoopback(host)) return next()
    if (carries(adminToken, request)) return next()
    const detail = adminToken ? 'Send `Authorization: Bearer <admin token>`.' : 'ADMIN_TOKEN is not set.'
    sendProblem(response, { status: 401, code: 'unauthorized', title: 'Admin only', detail })
  }
}
