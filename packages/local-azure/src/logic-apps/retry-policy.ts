import { parseDuration } from '../clock/duration.ts'
import { WorkflowDefinitionError } from './workflow-definition-error.ts'

/** The delay before each retry, in milliseconds of rule time. Its length is the number of retries. */
export type RetryDelays = readonly number[]

// learn.microsoft.com/azure/logic-apps/error-exception-handling#default: four retries, 7.5 s scaled, 5 to 45 s.
const DEFAULT_DELAYS_MS: RetryDelays = [7_500, 15_000, 30_000, 45_000]

const RETRIED_STATUSES = [408, 429]

export function readRetryPolicy(policy: unknown, place: string): RetryDelays {
  if (policy === undefined) return DEFAULT_DELAYS_MS
  const { type, count, interval } = policy as { type?: unknown; count?: unknown; interval?: unknown }
  if (type === 'none') return []
  const intervalMs = parseDuration(String(interval))
  if (typeof count !== 'number' || intervalMs === undefined) {
    throw new WorkflowDefinitionError('a retry policy has a count and an interval such as PT5S', place)
  }
  if (type === 'fixed') return Array.from({ length: count }, () => intervalMs)
  if (type === 'exponential') return Array.from({ length: count }, (_, index) => intervalMs * 2 ** index)
  throw new WorkflowDefinitionError(
    `the retry policy ${JSON.stringify(type)} is none of none, fixed, exponential`,
    place,
  )
}

export function isRetried(status: number): boolean {
  return RETRIED_STATUSES.includes(status) || status >= 500
}
