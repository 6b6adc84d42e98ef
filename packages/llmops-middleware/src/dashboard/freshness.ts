import type { History } from '../history/index.ts'
import type { Freshness } from './contract.ts'

export function freshnessOf(history: History, nowMs: number): Freshness {
  const { sinceMs, latestMs = null, keptIn, problem = null } = history
  return { nowMs, sinceMs, latestMs, keptIn, problem }
}
