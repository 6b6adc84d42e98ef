import { type AdminOptions, createAdmin, PROBLEM_STATUS } from '../http/index.ts'
import { checkRequest } from './check-request.ts'
import { readJson } from './read-json.ts'
import { problemResponse, toResponse } from './response.ts'

/** The options of `adminHandler`. */
export type AdminHandlerOptions = AdminOptions

/**
 * The routes of `/admin`, under the path at which they are mounted: those of `adminRouter`, for requests with the token.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.all('/admin/*', (c) => admin(c.req.raw))
 */
export function adminHandler(options: AdminHandlerOptions): (request: Request) => Promise<Response> {
  const admin = createAdmin(options)
  return async (request) => {
    checkRequest(request)
    const { pathname, searchParams: query } = new URL(request.url)
    const path = pathname.replace(/^.*?\/admin(?=\/|$)/, '')
    const authorization = request.headers.get('authorization')
    const answer = await admin({
      method: request.method,
      path,
      query,
      authorization,
      readBody: () => readJson(request),
    })
    return answer ? toResponse(answer) : problemResponse(NO_ROUTE)
  }
}

const NO_ROUTE = {
  status: PROBLEM_STATUS.not_found,
  code: 'not_found',
  title: 'Not found',
  detail: 'There is no such route under /admin.',
}
