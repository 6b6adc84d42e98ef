import { budgetRefusalOf } from '../budget-refusal.ts'
import { type ChecksOf, checkOptions, either, func, whole } from '../check.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { PROBLEM_STATUS } from './problem-status.ts'
import { Readiness } from './readiness.ts'

export type HealthOptions<Asked> = {
  /** Returns what `GET /health` shows in addition to `status`: instance, slot, release. @default nothing */
  readonly info?: (() => object) | undefined
  /**
   * A real task, end to end. It rejects, or resolves to false, if the service is not ready. If the error has
   * `isUnknown: true`, or is the refusal of a budget, the check could not be made, and readiness is unknown. The
   * `failureClass` of an error is shown as `class`.
   *
   * @default always ready
   */
  readonly ready?: ((signal: AbortSignal) => Promise<unknown>) | undefined
  /**
   * Whether a request for `/health/ready` gets its own run, which costs money, and `details`. For probes with a secret
   * on which a decision depends.
   *
   * @default none does
   */
  readonly mayProbe?: ((request: Asked) => boolean) | undefined
  /** Returns what only such probes are shown. @default nothing */
  readonly details?: (() => object | Promise<object>) | undefined
  /** Milliseconds between the starts of two runs of `ready`, for all requests together. @default 30_000 */
  readonly readyIntervalMs?: number | undefined
  /**
   * The same after a run in which the service was not ready. A function gets the error of the run.
   *
   * @default readyIntervalMs
   */
  readonly notReadyIntervalMs?: number | ((error: unknown) => number) | undefined
  /** Milliseconds that one run may take. @default 20_000 */
  readonly readyTimeoutMs?: number | undefined
  /** Returns epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}

const LONGEST_MS = 2 ** 31 - 1
const interval = whole(0, LONGEST_MS, 'milliseconds')

export const HEALTH_OPTIONS: ChecksOf<HealthOptions<never>> = {
  info: func,
  ready: func,
  mayProbe: func,
  details: func,
  readyIntervalMs: interval,
  notReadyIntervalMs: either(interval, func),
  readyTimeoutMs: whole(1, LONGEST_MS, 'milliseconds'),
  now: func,
}

/** What `GET /health` and `GET /health/ready` answer. */
export type Health<Asked> = {
  live(): Answer
  ready(request: Asked): Promise<Answer>
}

/** @throws InvalidOptionError naming the option that cannot be used. */
export function createHealth<Asked>(options: HealthOptions<Asked>): Health<Asked> {
  checkOptions(options, HEALTH_OPTIONS)
  const { mayProbe = () => false, details = () => ({}) } = options
  const { info = () => ({}), ready = async () => true, readyTimeoutMs = 20_000, now = Date.now } = options
  const { readyIntervalMs = 30_000, notReadyIntervalMs = readyIntervalMs } = options
  const readiness = new Readiness({
    check: ready,
    intervalMs: readyIntervalMs,
    notReadyIntervalMs: typeof notReadyIntervalMs === 'function' ? notReadyIntervalMs : () => notReadyIntervalMs,
    timeoutMs: readyTimeoutMs,
    now,
  })
  return {
    live: () => jsonAnswer({ status: 'ok', ...info() }),
    async ready(request) {
      const isProbe = mayProbe(request)
      const { isReady, checkedAtMs, goodUntilMs, error } = await readiness.ask(isProbe)
      const shown = { ...info(), ...(isProbe && (await details())) }
      const checkedAt = new Date(checkedAtMs).toISOString()
      const age = { age: String(seconds(Math.floor, now() - checkedAtMs)) }
      if (isReady) return jsonAnswer({ status: 'ready', checkedAt, ...shown }, age)
      return problemAnswer({
        ...(isUnknown(error) ? UNKNOWN : NOT_READY),
        headers: { ...age, 'retry-after': String(seconds(Math.ceil, goodUntilMs - now())) },
        members: { checkedAt, reason: reasonOf(error), ...classOf(error), ...shown },
      })
    },
  }
}
const NOT_READY = {
  status: PROBLEM_STATUS.not_ready,
  code: 'not_ready',
  title: 'Not ready',
  detail: 'The check of this instance failed.',
}

const UNKNOWN = {
  status: PROBLEM_STATUS.readiness_unknown,
  code: 'readiness_unknown',
  title: 'Not known to be ready',
  detail: 'The check of this instance could not be made.',
}

function isUnknown(error: unknown): boolean {
  return (error as { isUnknown?: unknown } | undefined)?.isUnknown === true || budgetRefusalOf(error) !== undefined
}

function classOf(error: unknown): { class?: unknown } {
  const { failureClass } = (error ?? {}) as { failureClass?: unknown }
  return failureClass === undefined ? {} : { class: failureClass }
}

/** Returns seconds, at least 0 even if the clock was set back. */
function seconds(round: (value: number) => number, ms: number): number {
  return Math.max(0, round(ms / 1000))
}

/** Returns a code or the name of a class. A message may contain what belongs only in the log. */
function reasonOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  if (typeof code === 'string') return code
  return typeof name === 'string' ? name : 'check_failed'
}
