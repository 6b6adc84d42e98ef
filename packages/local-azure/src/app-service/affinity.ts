import type { IncomingHttpHeaders } from 'node:http'

const COOKIE = 'ARRAffinity'
/** An application sends this response header to opt out of affinity: the response then gets no cookie. */
const OPT_OUT = 'arr-disable-session-affinity'

/** The instance that the client's cookie names. */
export function pinnedInstance({ cookie }: IncomingHttpHeaders): string | undefined {
  return cookie
    ?.split(';')
    .map((pair) => pair.trim().split('='))
    .find(([name]) => name === COOKIE || name === `${COOKIE}SameSite`)?.[1]
}

/** Adds the affinity cookies to the headers of a response. There are two, since old browsers refuse SameSite=None. */
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
