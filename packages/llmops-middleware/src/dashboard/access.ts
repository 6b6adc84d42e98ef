import type { Request, RequestHandler } from 'express'
import { carriesToken, type Problem, passingErrors, sendProblem } from '../express/index.ts'
import type { MaybePromise } from '../pipeline.ts'

export type MayRead = (request: Request) => MaybePromise<boolean>

/**
 * Admits requests with the token and those that the application accepts; without either, only those from this machine:
 * the page shows tenants, their spend and their errors.
 */
export function readersOnly(token: string | undefined, mayRead: MayRead | undefined): RequestHandler {
  const carries = carriesToken(token)
  const othersMay = mayRead ?? (token ? () => false : isFromThisMachine)
  const turnedAway = token ? UNAUTHORIZED : mayRead ? FORBIDDEN : ONLY_HERE
  return passingErrors(async (request, response, next) => {
    response.set('cache-control', 'no-store')
    if (carries(request) || (await othersMay(request))) next()
    else sendProblem(response, turnedAway)
  })
}

const UNAUTHORIZED: Problem = {
  status: 401,
  code: 'unauthorized',
  title: 'A token is needed',
  detail: 'Send `Authorization: Bearer <token>`.',
  headers: { 'www-authenticate': 'Bearer realm="dashboard"' },
}
const FORBIDDEN: Problem = {
  status: 403,
  code: 'forbidden',
  title: 'Not for you',
  detail: 'The application does not let you look.',
}
const ONLY_HERE: Problem = {
  status: 403,
  code: 'forbidden',
  title: 'Only from this machine',
  detail: 'Without a `token` or `mayRead`, only this machine may look.',
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/
const LOCAL_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const

/**
 * A proxy on this machine forwards requests of others, and a page open in a browser here may have pointed its own host name
 * to this machine (DNS rebinding): the headers show both.
 */
function isFromThisMachine(request: Request): boolean {
  const isNear = LOOPBACK.test(request.socket.remoteAddress ?? '')
  return (
    isNear && LOCAL_NAME.test(request.get('host') ?? '') && !FORWARDED.some((name) => request.get(name) !== undefined)
  )
}
