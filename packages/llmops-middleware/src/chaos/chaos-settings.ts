import { InvalidOptionError } from '../errors.ts'
import { CHAOS_MODES, type ChaosMode } from './chaos-mode.ts'

export type ChaosSettings = {
  readonly mode: ChaosMode
  /** The share of calls in scope that the fault hits, 0 to 1. Default 1. */
  readonly probability?: number
  /** The same seed hits the same calls of a sequence. Default: a random one, which `read()` shows. */
  readonly seed?: number
  /** Only calls of these tenants. Default: of all. */
  readonly tenants?: readonly string[]
  /** Only these tools. Default: all. An empty list leaves tools alone. */
  readonly tools?: readonly string[]
  /** Whether model calls are hit. Default: only when no tools are named. */
  readonly model?: boolean
  /** Milliseconds until the fault ends by itself. Default 5 minutes, at most 24 hours. */
  readonly ttlMs?: number
  /** What `throttle` asks callers to wait, in milliseconds. Default 1,000, at most 10 minutes. */
  readonly retryAfterMs?: number
}

/** Settings with every default filled in. */
export type CheckedChaosSettings = {
  readonly mode: ChaosMode
  readonly probability: number
  readonly seed: number
  readonly tenants: readonly string[] | undefined
  readonly tools: readonly string[] | undefined
  readonly model: boolean
  readonly ttlMs: number
  readonly retryAfterMs: number
}

const DEFAULT_TTL_MS = 5 * 60_000
const MAX_TTL_MS = 24 * 60 * 60_000
const DEFAULT_RETRY_AFTER_MS = 1000
const MAX_RETRY_AFTER_MS = 10 * 60_000
const MAX_SEED = 2 ** 32 - 1
const MAX_NAMES = 1000

const KEYS: readonly string[] = [
  'mode',
  'probability',
  'seed',
  'tenants',
  'tools',
  'model',
  'ttlMs',
  'retryAfterMs',
] satisfies (keyof ChaosSettings)[]

/**
 * Reads settings from anywhere, an HTTP body included. A key it does not know is refused: a misspelt `tenants` would
 * hit everyone.
 *
 * @throws InvalidOptionError naming the setting, its value and what is accepted.
 */
export function checkChaosSettings(settings: unknown): CheckedChaosSettings {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new InvalidOptionError('chaos', settings, `an object with \`mode\`, one of ${CHAOS_MODES.join(', ')}`)
  }
  const given = settings as Record<string, unknown>
  const unknownKey = Object.keys(given).find((key) => !KEYS.includes(key))
  if (unknownKey !== undefined) throw new InvalidOptionError('chaos', unknownKey, `a setting among ${KEYS.join(', ')}`)
  const tools = names(given['tools'], 'tools')
  return {
    mode: mode(given['mode']),
    probability: number(given['probability'], 'probability', { fallback: 1, min: 0, max: 1 }),
    seed: number(given['seed'], 'seed', { fallback: randomSeed(), min: 0, max: MAX_SEED, whole: true }),
    tenants: names(given['tenants'], 'tenants'),
    tools,
    model: flag(given['model'], 'model', tools === undefined),
    ttlMs: number(given['ttlMs'], 'ttlMs', { fallback: DEFAULT_TTL_MS, min: 1, max: MAX_TTL_MS, whole: true }),
    retryAfterMs: number(given['retryAfterMs'], 'retryAfterMs', {
      fallback: DEFAULT_RETRY_AFTER_MS,
      min: 0,
      max: MAX_RETRY_AFTER_MS,
      whole: true,
    }),
  }
}

function mode(value: unknown): ChaosMode {
  const known = CHAOS_MODES.find((mode) => mode === value)
  if (known === undefined) throw new InvalidOptionError('mode', value, `one of ${CHAOS_MODES.join(', ')}`)
  return known
}

type Range = { readonly fallback: number; readonly min: number; readonly max: number; readonly whole?: boolean }

function number(value: unknown, option: string, { fallback, min, max, whole = false }: Range): number {
  if (value === undefined) return fallback
  const isAccepted = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))
  if (isAccepted) return value
  throw new InvalidOptionError(option, value, `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`)
}

function names(value: unknown, option: string): readonly string[] | undefined {
  if (value === undefined) return undefined
  const isAccepted =
    Array.isArray(value) && value.length <= MAX_NAMES && value.every((name) => typeof name === 'string' && name !== '')
  if (isAccepted) return [...value]
  throw new InvalidOptionError(option, value, `a list of at most ${MAX_NAMES} names`)
}

function flag(value: unknown, option: string, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value === 'boolean') return value
  throw new InvalidOptionError(option, value, 'true or false')
}

function randomSeed(): number {
  return Math.floor(Math.random() * (MAX_SEED + 1))
}
