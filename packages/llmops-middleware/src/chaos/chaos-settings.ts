import { type ChecksOf, checkOptions, flag, listOf, number, oneOf, required, text, whole } from '../check.ts'
import { FAULTS, type FaultMode } from './faults/index.ts'

/** A fault, or `off`. */
export type ChaosMode = 'off' | FaultMode

/** Which fault is injected, into which calls, how often and for how long. */
export type ChaosSettings = {
  /** The fault; `off` ends the one that is set. */
  readonly mode: ChaosMode
  /** The share of calls in scope that the fault hits, 0 to 1. @default 1 */
  readonly probability?: number | undefined
  /** With the same seed, the same calls of a sequence are hit. @default a random one, which `read()` returns */
  readonly seed?: number | undefined
  /** Only calls of these tenants are hit. @default all */
  readonly tenants?: readonly string[] | undefined
  /** Only calls of these tools are hit. With an empty list no tool is hit. @default all */
  readonly tools?: readonly string[] | undefined
  /** Whether model calls are hit. @default true, unless `tools` is set */
  readonly model?: boolean | undefined
  /** How long the fault lasts, in milliseconds, at most 24 hours. @default 300_000 */
  readonly ttlMs?: number | undefined
  /**
   * How long callers are asked to wait before they retry, in milliseconds, at most 10 minutes. For `throttle`, and for
   * `outage` of a model.
   *
   * @default 1000 for `throttle`, none for `outage`
   */
  readonly retryAfterMs?: number | undefined
  /** How long `latency-spike` delays each call, in milliseconds, at most 10 minutes. @default 5000 */
  readonly delayMs?: number | undefined
}

/** Settings with every default filled in. */
export type CheckedChaosSettings = {
  readonly mode: ChaosSettings['mode']
  readonly probability: number
  readonly seed: number
  readonly model: boolean
  readonly ttlMs: number
  readonly delayMs: number
  readonly retryAfterMs: number | undefined
  readonly tenants: readonly string[] | undefined
  readonly tools: readonly string[] | undefined
}

const DEFAULT_TTL_MS = 5 * 60_000
const MAX_TTL_MS = 24 * 60 * 60_000
const DEFAULT_RETRY_AFTER_MS = 1000
const DEFAULT_DELAY_MS = 5000
/** The longest `retryAfterMs` and `delayMs`. */
const MAX_WAIT_MS = 10 * 60_000
const MAX_SEED = 2 ** 32 - 1
const names = listOf(text, { max: 1000 })

export const CHAOS_SETTINGS: ChecksOf<ChaosSettings> = {
  mode: required(oneOf('off', ...Object.keys(FAULTS))),
  probability: number(0, 1),
  seed: whole(0, MAX_SEED),
  tenants: names,
  tools: names,
  model: flag,
  ttlMs: whole(1, MAX_TTL_MS, 'milliseconds'),
  retryAfterMs: whole(0, MAX_WAIT_MS, 'milliseconds'),
  delayMs: whole(0, MAX_WAIT_MS, 'milliseconds'),
}

/**
 * Checks settings from any source, such as the body of a request. Unknown keys are refused, because a misspelt
 * `tenants` would hit every tenant.
 *
 * @throws InvalidOptionError if a setting is invalid.
 */
export function checkChaosSettings(settings: unknown): CheckedChaosSettings {
  checkOptions(settings, CHAOS_SETTINGS)
  const { mode, probability = 1, seed = randomSeed(), tenants, tools, ...given } = settings as ChaosSettings
  const { model = tools === undefined, ttlMs = DEFAULT_TTL_MS } = given
  const { retryAfterMs = mode === 'throttle' ? DEFAULT_RETRY_AFTER_MS : undefined } = given
  const { delayMs = DEFAULT_DELAY_MS } = given
  return { mode, probability, seed, tenants: copy(tenants), tools: copy(tools), model, ttlMs, retryAfterMs, delayMs }
}

/** A copy, so that later changes of the list do not change the fault. */
function copy(names: readonly string[] | undefined): readonly string[] | undefined {
  return names && [...names]
}

function randomSeed(): number {
  return Math.floor(Math.random() * (MAX_SEED + 1))
}
