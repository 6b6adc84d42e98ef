import type { Instance } from './instance.ts'
import type { Settings } from './settings.ts'

const DEFAULT_MAX_UNHEALTHY_PERCENT = 50

/** The share of instances that may be taken out of rotation at once. */
export function maxUnhealthyPercentOf(settings: Settings): number {
  const set = Number(settings['WEBSITE_HEALTHCHECK_MAXUNHEALTHYWORKERPERCENT'] ?? DEFAULT_MAX_UNHEALTHY_PERCENT)
  return Math.min(100, Math.max(0, set))
}

/**
 * The instances that get requests. Unhealthy ones are taken out of rotation, but at most `maxPercent` of all instances,
 * so that the rest are not overloaded. If all are unhealthy, all get requests.
 * Source: learn.microsoft.com/azure/app-service/monitor-instances-health-check
 */
export function inRotation<T extends Pick<Instance, 'isUnhealthy'>>(instances: readonly T[], maxPercent: number): T[] {
  const unhealthy = instances.filter(({ isUnhealthy }) => isUnhealthy)
  if (unhealthy.length === instances.length) return [...instances]
  const out = new Set(unhealthy.slice(0, Math.floor((instances.length * maxPercent) / 100)))
  return instances.filter((instance) => !out.has(instance))
}
