import type { RequestHandler } from 'express'
import { sendProblem } from 'llmops-middleware/express'
import { isLoopback } from '../settings/kinds.ts'
import type { Settings } from '../settings/settings.ts'

/**
 * Refuses unknown host names while only this machine can connect. Otherwise a web page could use DNS rebinding: its
 * name is made to resolve to loopback, and the browser sends that name as the host.
 */
export function hostGuard({ host, allowedHosts }: Settings): RequestHandler {
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()))
  return (request, response, next) => {
    if (!isLoopback(host) || allowed.has(nameOf(request.get('host')))) return next()
    const detail = `This agent accepts the host names ${[...allowed].join(', ')}. Add others to ALLOWED_HOSTS.`
    sendProblem(response, { status: 403, code: 'host_not_allowed', title: 'Host not allowed', detail })
  }
}

const nameOf = (host = '') => host.toLowerCase().replace(/:\d*$/, '')
