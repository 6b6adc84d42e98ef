import type { Clock } from '../clock/clock.ts'
import { onTheInterval } from '../clock/on-the-interval.ts'
import type { Instance } from './instance.ts'
import type { Settings } from './settings.ts'
import type { Worker } from './worker.ts'

export type HealthCheckOptions = {
  /** The site's `healthCheckPath`. */
  readonly path: string
  readonly instances: () => readonly Instance[]
  readonly clock: Clock
  /** The number of pings that must fail in a row before an instance counts as unhealthy. */
  readonly maxPingFailures: () => number
  /** Called for each instance with 100 if it is healthy, or 0. The metric is the mean. */
  readonly onCheck: (percent: 0 | 100) => void
}

const INTERVAL_MS = 60_000
/** By the wall, because sockets do not follow the rule clock: long enough for a busy machine. */
const PING_TIMEOUT_MS = 60_000
// learn.microsoft.com/azure/app-service/reference-app-settings: WEBSITE_HEALTHCHECK_MAXPINGFAILURES, from 2 to 10.
const DEFAULT_MAX_PING_FAILURES = 10
const FEWEST_PING_FAILURES = 2

/** The number of failed pings that makes an instance unhealthy, from the settings of the site. */
export function maxPingFailuresOf(settings: Settings): number {
  const set = Number(settings['WEBSITE_HEALTHCHECK_MAXPINGFAILURES'] ?? DEFAULT_MAX_PING_FAILURES)
  return Math.min(DEFAULT_MAX_PING_FAILURES, Math.max(FEWEST_PING_FAILURES, set))
}

/**
 * Pings each instance of a slot every minute. The pings bypass the front door, so they do not count as requests. An
 * instance is unhealthy after `maxPingFailures` failed pings in a row, and healthy again after one that succeeds.
 * Source: learn.microsoft.com/azure/app-service/monitor-instances-health-check
 */
export async function checkHealth(options: HealthCheckOptions, signal: AbortSignal): Promise<void> {
  const { path, instances, clock, maxPingFailures, onCheck } = options
  const check = async (instance: Instance) => {
    instance.failedPings = (await isHealthy(instance.worker, path)) ? 0 : instance.failedPings + 1
    instance.isUnhealthy = instance.failedPings >= maxPingFailures()
    onCheck(instance.isUnhealthy ? 0 : 100)
  }
  for await (const _ of onTheInterval(clock, INTERVAL_MS, signal)) {
    await clock.pauseDuring(() => Promise.all(instances().map(check)))
  }
}

async function isHealthy(worker: Worker | undefined, path: string): Promise<boolean> {
  if (worker === undefined || !worker.isAlive) return false
  try {
    const response = await fetch(new URL(path, worker.url), { signal: AbortSignal.timeout(PING_TIMEOUT_MS) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
