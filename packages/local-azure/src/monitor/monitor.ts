import type { Clock } from '../clock/clock.ts'
import type { Emit } from '../events.ts'
import type { Network } from '../network/network.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { readActionGroups } from './action-group.ts'
import { readAlertRules } from './alert-rule.ts'
import { evaluateAlerts } from './evaluator.ts'
import type { MetricStore } from './metric-store.ts'
import { Notifier } from './notifier.ts'

export type MonitorOptions = {
  readonly snapshot: Snapshot
  readonly metrics: MetricStore
  readonly network: Network
  readonly clock: Clock
  readonly metricDelayMs: number
  readonly emit: Emit
}

/** Creates the alert rules and action groups of the snapshot. Throws if one of them is not supported. */
export function createMonitor({ snapshot, network, ...rest }: MonitorOptions): {
  run(signal: AbortSignal): Promise<void>
} {
  const rules = readAlertRules(snapshot)
  const notifier = new Notifier({ groups: readActionGroups(snapshot), network, clock: rest.clock, emit: rest.emit })
  return { run: (signal) => evaluateAlerts({ ...rest, rules, announce: notifier.announce }, signal) }
}
