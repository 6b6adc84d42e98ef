import type { Fault } from './fault.ts'
import { latencySpike } from './latency-spike.ts'
import { malformed } from './malformed.ts'
import { outage } from './outage.ts'
import { throttle } from './throttle.ts'

export { ChaosMalformed } from './chaos-malformed.ts'
export { ChaosOutage } from './chaos-outage.ts'
export { ChaosThrottled } from './chaos-throttled.ts'
export type { Fault, FaultSettings } from './fault.ts'

/** The faults by their mode. */
export const FAULTS = { throttle, malformed, outage, 'latency-spike': latencySpike } satisfies Readonly<
  Record<string, Fault>
>

/**
 * The kind of fault:
 * - `throttle`: too many requests, with a time to wait
 * - `malformed`: an answer comes, but cannot be read
 * - `outage`: no answer comes
 * - `latency-spike`: the answer comes late
 */
export type FaultMode = keyof typeof FAULTS
