import { createHealth, type HealthOptions } from '../http/index.ts'
import { checkRequest } from './check-request.ts'
import { toResponse } from './response.ts'

/** The options of `healthHandler`. */
export type HealthHandlerOptions = HealthOptions<Request>

/**
 * A path that ends with `/ready` reports whether the service can do its work; every other path reports that it is alive.
 * The check runs at most once in an interval: see `healthRouter`.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.get('/health/:ready?', (c) => health(c.req.raw))
 */
export function healthHandler(options: HealthHandlerOptions = {}): (request: Request) => Promise<Response> {
  const health = createHealth(options)
  return async (request) => {
    checkRequest(request)
    const { pathname } = new URL(request.url)
    return toResponse(/\/ready\/?$/.test(pathname) ? await health.ready(request) : health.live())
  }
}
