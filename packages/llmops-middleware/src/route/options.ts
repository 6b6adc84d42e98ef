import { InvalidOptionError } from '../errors.ts'
import type { Target } from '../model/index.ts'
import type { BreakerBus } from './breaker-bus.ts'

export type RouteOptions = {
  /** In order of preference. A call starts at those that serve its model, and moves on through the rest. */
  readonly targets: readonly Target[]
  /** How often one target is asked again for one call, at most. Default 1; a task's own allowance counts too. */
  readonly retriesPerTarget?: number
  /** The first wait before asking again; later ones grow with decorrelated jitter. Default 250 ms. */
  readonly backoffMs?: number
  /** The longest wait for a target that says when to come back while another could answer. Default 1,000 ms. */
  readonly maxRetryAfterMs?: number
  /** The whole answer of a call that does not stream. Default 120,000 ms. */
  readonly timeoutMs?: number
  readonly stream?: {
    /** From the request to the first event. Default 30,000 ms. */
    readonly firstTokenMs?: number
    /** Between events. Default 30,000 ms. */
    readonly idleMs?: number
    /** From the request to the last event. Default 300,000 ms. */
    readonly totalMs?: number
    /**
     * A stream that breaks, or whose provider fails in it, starts anew while it has said no more than that an answer
     * begins: no event is handed on before that. After it `error` tells the caller at once; `buffer` hands nothing on
     * before the answer is whole, so that it can start anew on the next target.
     *
     * @default 'error'
     */
    readonly recovery?: 'error' | 'buffer'
  }
  readonly breaker?: {
    /** It opens when this share of the last ten attempts failed. Default 0.5. */
    readonly threshold?: number
    /** Until a probe is let through. Default 10,000 ms. */
    readonly halfOpenAfterMs?: number
    /** Shares opened breakers with other processes. Default: each process finds out by itself. */
    readonly bus?: BreakerBus
  }
  /** From 0 to 1; for the jitter. */
  readonly random?: () => number
}

export type RouteSettings = Required<Omit<RouteOptions, 'stream' | 'breaker'>> & {
  readonly stream: Required<NonNullable<RouteOptions['stream']>>
  readonly breaker: Required<Omit<NonNullable<RouteOptions['breaker']>, 'bus'>> & {
    readonly bus: BreakerBus | undefined
  }
}

/** @throws InvalidOptionError naming the option that cannot be used. */
export function readRouteOptions(options: RouteOptions): RouteSettings {
  const { targets } = options
  if (!Array.isArray(targets) || targets.length === 0) {
    throw new InvalidOptionError('route.targets', targets, 'a list of at least one target')
  }
  checkTargets(targets)
  const settings: RouteSettings = {
    targets,
    retriesPerTarget: options.retriesPerTarget ?? 1,
    backoffMs: options.backoffMs ?? 250,
    maxRetryAfterMs: options.maxRetryAfterMs ?? 1000,
    timeoutMs: options.timeoutMs ?? 120_000,
    stream: { firstTokenMs: 30_000, idleMs: 30_000, totalMs: 300_000, recovery: 'error', ...options.stream },
    breaker: { threshold: 0.5, halfOpenAfterMs: 10_000, bus: undefined, ...options.breaker },
    random: options.random ?? Math.random,
  }
  const { retriesPerTarget, stream, breaker } = settings
  if (!(Number.isInteger(retriesPerTarget) && retriesPerTarget >= 0 && retriesPerTarget <= 10)) {
    throw new InvalidOptionError('route.retriesPerTarget', retriesPerTarget, 'a whole number from 0 to 10')
  }
  checkMilliseconds('route.backoffMs', settings.backoffMs)
  checkMilliseconds('route.maxRetryAfterMs', settings.maxRetryAfterMs)
  checkMilliseconds('route.timeoutMs', settings.timeoutMs)
  checkMilliseconds('route.stream.firstTokenMs', stream.firstTokenMs)
  checkMilliseconds('route.stream.idleMs', stream.idleMs)
  checkMilliseconds('route.stream.totalMs', stream.totalMs)
  checkMilliseconds('route.breaker.halfOpenAfterMs', breaker.halfOpenAfterMs)
  if (stream.recovery !== 'error' && stream.recovery !== 'buffer') {
    throw new InvalidOptionError('route.stream.recovery', stream.recovery, "'error' or 'buffer'")
  }
  if (!(breaker.threshold > 0 && breaker.threshold <= 1)) {
    throw new InvalidOptionError('route.breaker.threshold', breaker.threshold, 'a share above 0, up to 1')
  }
  return settings
}

function checkTargets(targets: readonly Target[]): void {
  const names = new Set<string>()
  for (const [index, target] of targets.entries()) {
    const at = `route.targets[${index}]`
    if (typeof target.name !== 'string' || target.name === '' || names.has(target.name)) {
      throw new InvalidOptionError(`${at}.name`, target.name, 'a name that no other target has')
    }
    names.add(target.name)
    if (typeof target.model !== 'string' || target.model === '') {
      throw new InvalidOptionError(`${at}.model`, target.model, 'the name of a model')
    }
    if (target.baseUrl !== undefined && !/^https?:\/\//.test(URL.parse(target.baseUrl)?.href ?? '')) {
      throw new InvalidOptionError(`${at}.baseUrl`, target.baseUrl, 'an http or https URL')
    }
    if (target.contextTokens !== undefined && !(target.contextTokens > 0)) {
      throw new InvalidOptionError(`${at}.contextTokens`, target.contextTokens, 'a number of tokens above 0')
    }
  }
}

function checkMilliseconds(name: string, value: number): void {
  if (!(value > 0 && value <= 2 ** 31 - 1)) {
    throw new InvalidOptionError(name, value, 'a number of milliseconds above 0')
  }
}
