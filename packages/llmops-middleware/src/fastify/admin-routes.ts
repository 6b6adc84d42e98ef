import type { FastifyPluginAsync } from 'fastify'
import { type AdminOptions, createAdmin } from '../http/index.ts'
import { IN_NO_TASK } from './own-routes.ts'
import { problemHandler } from './problem-handler.ts'
import { sendAnswer } from './send.ts'

/** The options of `adminRoutes`. */
export type AdminRoutesOptions = AdminOptions

/**
 * The routes of `/admin`, those of `adminRouter`, for requests with the token.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.register(adminRoutes({ ops, token: process.env.ADMIN_TOKEN }))
 */
export function adminRoutes(options: AdminRoutesOptions): FastifyPluginAsync {
  const admin = createAdmin(options)
  return async (app) => {
    app.setErrorHandler(problemHandler())
    app.all('/admin/*', { config: IN_NO_TASK, bodyLimit: 16 * 1024 }, async (request, reply) => {
      const { pathname, searchParams: query } = new URL(request.url, 'http://localhost')
      const path = pathname.replace(/^.*?\/admin(?=\/)/, '')
      const { authorization } = request.headers
      const answer = await admin({ method: request.method, path, query, authorization, readBody: () => request.body })
      return answer ? sendAnswer(reply, answer) : reply.callNotFound()
    })
  }
}
