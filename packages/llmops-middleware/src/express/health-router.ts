import express, { type Router } from 'express'
import { InvalidOptionError } from '../errors.ts'
import { sendProblem } from './problem.ts'
import { Readiness } from './readiness.ts'

export type HealthRouterOptions = {
  /** What `GET /health` shows beside `status`: instance, slot, release. Costs nothing. */
  readonly info?: (() => object) | undefined
  /** A real task, end to end. Rejects, or gives false, when the service is not ready. Default: always ready. */
  readonly ready?: ((signal: AbortSignal) => Promise<unknown>) | undefined
  /** Milliseconds between the starts of two runs of `ready`, whoever asks. @default 30_000 */
  readonly readyIntervalMs?: number | undefined
  /**
   * The same after a run that said that the service is not ready; a function gets what the run was rejected with.
   *
   * @default readyIntervalMs
   */
  readonly notReadyIntervalMs?: number | ((error: unknown) => number) | undefined
  /** Milliseconds that one run may take. @default 20_000 */
  readonly readyTimeoutMs?: number | undefined
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined
}

/**
 * `GET /health` says that the process lives; `GET /health/ready` that it can do its work. The second may cost money,
 * so its check runs at most once in an interval, and nobody can spend with it; who asks in between waits for the run
 * that is going on, or gets the last answer, whose age in seconds is in the header `age`.
 *
 * @example app.use(healthRouter({ info: () => ({ release }), ready: (signal) => tinyTask(signal) }))
 */
export function healthRouter({
  info = () => ({}),
  ready = async () => true,
  readyIntervalMs = 30_000,
  notReadyIntervalMs = readyIntervalMs,
  readyTimeoutMs = 20_000,
  now = Date.now,
}: HealthRouterOptions = {}): Router {
  checkMs('readyIntervalMs', readyIntervalMs, 0)
  checkMs('readyTimeoutMs', readyTimeoutMs, 1)
  if (typeof notReadyIntervalMs === 'number') checkMs('notReadyIntervalMs', notReadyIntervalMs, 0)
  const readiness = new Readiness({
    check: ready,
    intervalMs: readyIntervalMs,
    notReadyIntervalMs: typeof notReadyIntervalMs === 'function' ? notReadyIntervalMs : () => notReadyIntervalMs,
    timeoutMs: readyTimeoutMs,
    now,
  })
  const router = express.Router()
  router.get('/health', (_request, response) => {
    response.set('cache-control', 'no-store').json({ status: 'ok', ...info() })
  })
  router.get('/health/ready', async (_request, response) => {
    const { isReady, checkedAtMs, goodUntilMs, error } = await readiness.ask()
    const checkedAt = new Date(checkedAtMs).toISOString()
    response.set({ 'cache-control': 'no-store', age: String(seconds(Math.floor, now() - checkedAtMs)) })
    if (isReady) return void response.json({ status: 'ready', checkedAt, ...info() })
    sendProblem(response, {
      status: 503,
      code: 'not_ready',
      title: 'Not ready',
      detail: 'The check of this instance failed.',
      headers: { 'retry-after': String(seconds(Math.ceil, goodUntilMs - now())) },
      members: { checkedAt, reason: reasonOf(error), ...info() },
    })
  })
  return router
}

/** Never below 0, whatever the clock did. */
function seconds(round: (value: number) => number, ms: number): number {
  return Math.max(0, round(ms / 1000))
}

/** A code or the name of a class; a message may hold what only the log should. */
function reasonOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  if (typeof code === 'string') return code
  return typeof name === 'string' ? name : 'check_failed'
}

function checkMs(option: string, value: number, min: number): void {
  if (Number.isInteger(value) && value >= min && value < 2 ** 31) return
  throw new InvalidOptionError(option, value, `a whole number of milliseconds from ${min}`)
}
