import type { Instance } from './instance.ts'
import type { Settings } from './settings.ts'

const DEFAULT_MAX_UNHEALTHY_PERCENT = 50

/** What share of the instances may be taken out at once. */
export function maxUnhealthyPercentOf(settings: Settings): number {
  const set = Number(settings['WEBSITE_HEALTHCHECK_MAXUNHEALTHYWORKERPERCENT'] ?? DEFAULT_MAX_UNHEALTHY_PERCENT)
  return Math.min(100, Math.max(0, set))
}

/**
 * The instances that get requests. One that is unhealthy gets none while others are healthy, but no more than half of all
 * are taken out, so that those that are left are not overwhelmed; where all are unhealthy, none is.
 * Source: learn.microsoft.com/azure/app-service/monitor-instances-health-check
 */
export function inRotation<T extends Pick<Instance, 'isUnhealthy'>>(instances: readonly T[], maxPercent: number): T[] {
  const unhealthy = instances.filter(({ isUnhealthy }) => isUnhealthy)
  if (unhealthy.length === instances.length) return [...instances]
  const out = new Set(unhealthy.slice(0, Math.floor((instances.length * maxPercent) / 100)))
  return instances.filter((instance) => !out.has(instance))
}
