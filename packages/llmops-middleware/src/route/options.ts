import {
  type ChecksOf,
  checkOptions,
  type Filled,
  func,
  having,
  listOf,
  milliseconds,
  objectOf,
  oneOf,
  required,
  share,
  whole,
} from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import { TARGET_OPTIONS, type Target } from '../model/index.ts'
import type { BreakerBus } from './breaker-bus.ts'

/** Where models are asked, and what happens when a target fails. */
export type RouteOptions = {
  /** In order of preference. A call starts at those that serve its model, and moves on through the rest. */
  readonly targets: readonly Target[]
  /** How often one target is asked again for one call, 0 to 10. The allowance of a task counts too. @default 1 */
  readonly retriesPerTarget?: number | undefined
  /** Milliseconds of the first wait before asking again; later ones grow with decorrelated jitter. @default 250 */
  readonly backoffMs?: number | undefined
  /**
   * The longest wait for a target that says when to come back while another could answer, in milliseconds.
   *
   * @default 1000
   */
  readonly maxRetryAfterMs?: number | undefined
  /** Milliseconds that the whole answer of a call that does not stream may take. @default 120_000 */
  readonly timeoutMs?: number | undefined
  /** How long a stream may take, and what happens when it breaks. @default the defaults of its options */
  readonly stream?: StreamOptions | undefined
  /** When a target is passed over. @default the defaults of its options */
  readonly breaker?: BreakerOptions | undefined
  /** Returns a number from 0 to 1, for the jitter. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** Time limits for the parts of a streamed answer. */
export type StreamOptions = {
  /** Milliseconds from the request to the first event. @default 30_000 */
  readonly firstTokenMs?: number | undefined
  /** Milliseconds between events. @default 30_000 */
  readonly idleMs?: number | undefined
  /** Milliseconds from the request to the last event. @default 300_000 */
  readonly totalMs?: number | undefined
  /**
   * What happens to a stream that breaks, or in which the provider reports an error. Before the first event with
   * content, it starts again on the next target. After that, with `error` the caller gets the error at once. With
   * `buffer` no event is passed on before the answer is complete, so that it can always start again.
   *
   * @default 'error'
   */
  readonly recovery?: 'error' | 'buffer' | undefined
}

/** When a circuit breaker stops asking a target, and when it tries again. */
export type BreakerOptions = {
  /** It opens when this share of the last ten attempts failed. Above 0, at most 1. @default 0.5 */
  readonly threshold?: number | undefined
  /** Milliseconds until a probe is let through. @default 10_000 */
  readonly halfOpenAfterMs?: number | undefined
  /** Shares opened breakers with other processes. @default no bus: breakers are not shared */
  readonly bus?: BreakerBus | undefined
}

export type RouteSettings = Filled<Omit<RouteOptions, 'stream' | 'breaker'>> & {
  readonly stream: Filled<StreamOptions>
  readonly breaker: Filled<Omit<BreakerOptions, 'bus'>> & {
    readonly bus: BreakerBus | undefined
  }
}

const STREAM_OPTIONS: ChecksOf<StreamOptions> = {
  firstTokenMs: milliseconds(),
  idleMs: milliseconds(),
  totalMs: milliseconds(),
  recovery: oneOf('error', 'buffer'),
}

const BREAKER_OPTIONS: ChecksOf<BreakerOptions> = {
  threshold: share,
  halfOpenAfterMs: milliseconds(),
  bus: having<BreakerBus>('a breaker bus', 'announce', 'listen', 'close'),
}

export const ROUTE_OPTIONS: ChecksOf<RouteOptions> = {
  targets: required(listOf(objectOf(TARGET_OPTIONS), { min: 1 })),
  retriesPerTarget: whole(0, 10),
  backoffMs: milliseconds(),
  maxRetryAfterMs: milliseconds(),
  timeoutMs: milliseconds(),
  stream: objectOf(STREAM_OPTIONS),
  breaker: objectOf(BREAKER_OPTIONS),
  random: func,
}

/** @throws InvalidOptionError naming the option that cannot be used. */
export function readRouteOptions(options: RouteOptions): RouteSettings {
  checkOptions(options, ROUTE_OPTIONS, 'route')
  checkNames(options.targets)
  const { firstTokenMs = 30_000, idleMs = 30_000, totalMs = 300_000, recovery = 'error' } = options.stream ?? {}
  const { threshold = 0.5, halfOpenAfterMs = 10_000, bus } = options.breaker ?? {}
  return {
    targets: options.targets,
    retriesPerTarget: options.retriesPerTarget ?? 1,
    backoffMs: options.backoffMs ?? 250,
    maxRetryAfterMs: options.maxRetryAfterMs ?? 1000,
    timeoutMs: options.timeoutMs ?? 120_000,
    stream: { firstTokenMs, idleMs, totalMs, recovery },
    breaker: { threshold, halfOpenAfterMs, bus },
    random: options.random ?? Math.random,
  }
}

function checkNames(targets: readonly Target[]): void {
  const names = targets.map(({ name }) => name)
  const index = names.findIndex((name, index) => names.indexOf(name) < index)
  if (index === -1) return
  throw new InvalidOptionError(`route.targets[${index}].name`, names[index], 'a name that no other target has')
}
