import { parseDuration } from '../clock/duration.ts'
import { type Resource, resourcesOfType, type Snapshot } from '../snapshot/snapshot.ts'
import { SnapshotError } from '../snapshot/snapshot-error.ts'
import type { Aggregation, Metric } from './metric-store.ts'

/** A metric alert rule as the snapshot declares it. */
export type AlertRule = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly severity: number
  readonly targetId: string
  readonly evaluationFrequencyMs: number
  readonly windowMs: number
  readonly windowSize: string
  readonly autoMitigate: boolean
  /** All must hold at once. */
  readonly criteria: readonly Criterion[]
  readonly actionGroupIds: readonly string[]
}

type Criterion = {
  readonly name: string
  readonly metric: Metric
  readonly aggregation: Aggregation
  readonly operator: Operator
  readonly threshold: number
}

const AGGREGATIONS = ['Average', 'Minimum', 'Maximum', 'Total', 'Count'] as const
const OPERATORS = ['GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual', 'Equals'] as const
export type Operator = (typeof OPERATORS)[number]

const SINGLE_RESOURCE = 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'

export function readAlertRules(snapshot: Snapshot): AlertRule[] {
  const rules = resourcesOfType(snapshot, 'Microsoft.Insights/metricAlerts')
  return rules.filter((rule) => rule.properties?.['enabled'] === true).map((rule) => readRule(rule, snapshot.file))
}

function readRule(resource: Resource, file: string): AlertRule {
  const read = new Reader(`${file}: ${resource.name}`)
  const properties = resource.properties as Record<string, unknown>
  const criteria = properties['criteria'] as { 'odata.type'?: unknown; allOf?: unknown[] }
  read.oneOf('criteria odata.type', criteria?.['odata.type'], [SINGLE_RESOURCE])
  const scopes = properties['scopes'] as string[]
  if (scopes.length !== 1) throw read.error('a rule with these criteria watches exactly one resource')
  const windowSize = String(properties['windowSize'])
  return {
    id: resource.id,
    name: resource.name,
    description: String(properties['description'] ?? ''),
    severity: Number(properties['severity']),
    targetId: scopes[0]!,
    evaluationFrequencyMs: read.duration('evaluationFrequency', properties['evaluationFrequency']),
    windowMs: read.duration('windowSize', windowSize),
    windowSize,
    autoMitigate: properties['autoMitigate'] !== false,
    criteria: (criteria.allOf ?? []).map((item) => readCriterion(item as Record<string, unknown>, scopes[0]!, read)),
    actionGroupIds: ((properties['actions'] ?? []) as { actionGroupId: string }[]).map(
      (action) => action.actionGroupId,
    ),
  }
}

function readCriterion(item: Record<string, unknown>, targetId: string, read: Reader): Criterion {
  read.oneOf('criterionType', item['criterionType'], ['StaticThresholdCriterion'])
  if (Array.isArray(item['dimensions']) && item['dimensions'].length > 0) {
    throw read.error('the local platform knows no metric dimensions')
  }
  return {
    name: String(item['name']),
    metric: { resourceId: targetId, namespace: String(item['metricNamespace']), name: String(item['metricName']) },
    aggregation: read.oneOf('timeAggregation', item['timeAggregation'], AGGREGATIONS),
    operator: read.oneOf('operator', item['operator'], OPERATORS),
    threshold: Number(item['threshold']),
  }
}

class Reader {
  readonly #place: string

  constructor(place: string) {
    this.#place = place
  }

  oneOf<const T extends string>(what: string, value: unknown, accepted: readonly T[]): T {
    if (accepted.includes(value as T)) return value as T
    throw this.error(`${what} is ${JSON.stringify(value)}, not ${accepted.join(' or ')}`)
  }

  duration(what: string, value: unknown): number {
    const milliseconds = parseDuration(String(value))
    if (milliseconds === undefined) throw this.error(`${what} is ${JSON.stringify(value)}, not a duration such as PT5M`)
    return milliseconds
  }

  error(message: string): SnapshotError {
    return new SnapshotError(message, this.#place)
  }
}
