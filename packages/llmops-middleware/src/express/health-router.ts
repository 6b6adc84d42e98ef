import express, { type Request, type Router } from 'express'
import { createHealth, type HealthOptions } from '../http/index.ts'
import { passingErrors } from './passing-errors.ts'
import { sendAnswer } from './problem.ts'

/** The options of `healthRouter`. */
export type HealthRouterOptions = HealthOptions<Request>

/**
 * `GET /health` reports that the process is alive, `GET /health/ready` that it can do its work. The second may cost money,
 * so its check runs at most once in an interval, and outsiders cannot spend with it. A request in between waits for the run
 * in progress, or gets the last result, whose age in seconds is in the header `age`.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.use(healthRouter({ info: () => ({ release }), ready: (signal) => tinyTask(signal) }))
 */
export function healthRouter(options: HealthRouterOptions = {}): Router {
  const health = createHealth(options)
  const router = express.Router()
  router.get('/health', (_request, response) => sendAnswer(response, health.live()))
  router.get(
    '/health/ready',
    passingErrors(async (request, response) => sendAnswer(response, await health.ready(request))),
  )
  return router
}
