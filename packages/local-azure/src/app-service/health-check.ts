import type { Clock } from '../clock/clock.ts'
import { onTheInterval } from '../clock/on-the-interval.ts'
import type { Worker } from './worker.ts'

export type HealthCheckOptions = {
  /** What the site declares as `healthCheckPath`. */
  readonly path: string
  readonly worker: () => Worker | undefined
  readonly clock: Clock
  /** Called with 100 for a process that answered 2xx, with 0 for one that did not. */
  readonly onCheck: (percent: 0 | 100) => void
}

const INTERVAL_MS = 60_000

/**
 * Asks a slot every minute whether it is healthy, from behind the front door: it counts as no request.
 * Source: learn.microsoft.com/azure/app-service/monitor-instances-health-check
 */
export async function checkHealth(options: HealthCheckOptions, signal: AbortSignal): Promise<void> {
  const { path, worker, clock, onCheck } = options
  for await (const _ of onTheInterval(clock, INTERVAL_MS, signal)) {
    onCheck((await isHealthy(worker(), path)) ? 100 : 0)
  }
}

async function isHealthy(worker: Worker | undefined, path: string): Promise<boolean> {
  if (worker === undefined || !worker.isAlive) return false
  try {
    const response = await fetch(new URL(path, worker.url), { signal: AbortSignal.timeout(10_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
