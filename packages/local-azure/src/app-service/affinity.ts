import type { IncomingHttpHeaders } from 'node:http'

const COOKIE = 'ARRAffinity'
/** A response with it gets no cookie: how an application opts out where the site does not. */
const OPT_OUT = 'arr-disable-session-affinity'

/** The instance that a client was given before, by the cookie that it sends back. */
export function pinnedInstance({ cookie }: IncomingHttpHeaders): string | undefined {
  return cookie
    ?.split(';')
    .map((pair) => pair.trim().split('='))
    .find(([name]) => name === COOKIE || name === `${COOKIE}SameSite`)?.[1]
}

/** The headers of an answer with the cookies that bring the client back; two, since old browsers refuse SameSite=None. */
export function pin(headers: IncomingHttpHeaders, instance: string): IncomingHttpHeaders {
  const { [OPT_OUT]: optedOut, ...rest } = headers
  if (/^true$/i.test(String(optedOut))) return rest
  return {
    ...rest,
    'set-cookie': [
      ...(headers['set-cookie'] ?? []),
      `${COOKIE}=${instance};Path=/;HttpOnly`,
      `${COOKIE}SameSite=${instance};Path=/;HttpOnly;SameSite=None;Secure`,
    ],
  }
}
