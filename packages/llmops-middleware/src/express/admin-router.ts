import express, { type Request, type Response, type Router } from 'express'
import { type AdminOptions, createAdmin } from '../http/index.ts'
import { passingErrors } from './passing-errors.ts'
import { sendAnswer } from './problem.ts'

/** The options of `adminRouter`. */
export type AdminRouterOptions = AdminOptions

/**
 * `GET|POST|DELETE /admin/chaos`, and `GET|PUT /admin/budget?tenant=…&scope=…&id=…` (or `/admin/budget/:tenant` and
 * `/admin/budget/:tenant/:scope/:id`, where no name is `.` or `..`), for requests with the token. `PUT` takes
 * `{ limitUsd, lasts }`: null goes back to the configured limit.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.use(adminRouter({ ops, token: process.env.ADMIN_TOKEN }))
 */
export function adminRouter(options: AdminRouterOptions): Router {
  const admin = createAdmin(options)
  const parseBody = express.json({ limit: '16kb' })
  const readBody = (request: Request, response: Response) =>
    new Promise((resolve, reject) => {
      // Express 4 has an empty object for a body that it did not parse.
      const parsed = () => (request.is(['json', '+json']) ? request.body : undefined)
      parseBody(request, response, (error?: unknown) => (error ? reject(error) : resolve(parsed())))
    })
  const router = express.Router()
  router.use(
    '/admin',
    passingErrors(async (request, response, next) => {
      const { method, url, path } = request
      const query = new URLSearchParams(url.slice(path.length))
      const call = { method, path, query, authorization: request.get('authorization') }
      const answer = await admin({ ...call, readBody: () => readBody(request, response) })
      if (answer) sendAnswer(response, answer)
      else next()
    }),
  )
  return router
}
