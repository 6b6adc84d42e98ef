import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { createHealth, type HealthOptions } from '../http/index.ts'
import { IN_NO_TASK } from './own-routes.ts'
import { sendAnswer } from './send.ts'

/** The options of `healthRoutes`. */
export type HealthRoutesOptions = HealthOptions<FastifyRequest>

/**
 * `GET /health` and `GET /health/ready`. The check runs at most once in an interval: see `healthRouter`.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.register(healthRoutes({ info: () => ({ release }), ready: (signal) => tinyTask(signal) }))
 */
export function healthRoutes(options: HealthRoutesOptions = {}): FastifyPluginAsync {
  const health = createHealth(options)
  return async (app) => {
    app.get('/health', { config: IN_NO_TASK }, (_request, reply) => sendAnswer(reply, health.live()))
    app.get('/health/ready', { config: IN_NO_TASK }, async (request, reply) =>
      sendAnswer(reply, await health.ready(request)),
    )
  }
}
