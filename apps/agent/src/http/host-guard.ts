import type { RequestHandler } from 'express'
import { sendProblem } from 'llmops-middleware/express'
import { isLoopback } from '../settings/kinds.ts'
import type { Settings } from '../settings/settings.ts'

/**
 * While only this machine can connect, a page in its browser is an outsider too: one whose name was made to point to
 * loopback sends that name as the host.
 */
export function hostGuard({ host, allowedHosts }: Settings): RequestHandler {
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()))
  return (request, response, next) => {
    if (!isLoopback(host) || allowed.has(nameOf(request.get('host')))) return next()
    const detail = `This agent answers ${[...allowed].join(', ')}. ALLOWED_HOSTS adds a name.`
    sendProblem(response, { status: 403, code: 'host_not_allowed', title: 'Not for this host', detail })
  }
}

const nameOf = (host = '') => host.toLowerCase().replace(/:\d*$/, '')
