import { parseDuration } from '../clock/duration.ts'
import { type Resource, resourcesOfType, type Snapshot } from '../snapshot/snapshot.ts'
import { SnapshotError } from '../snapshot/snapshot-error.ts'
import type { Aggregation, Metric } from './metric-store.ts'

/** An alert rule of the snapshot, on metrics or on the number of rows that a query returns. */
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
  /** How many evaluations in a row must breach before the rule fires. @default 1 */
  readonly evaluationPeriods?: number
  /** All criteria must hold at once. */
  readonly criteria: readonly Criterion[]
  readonly actionGroupIds: readonly string[]
}

type Criterion = {
  readonly name: string
  readonly metric: Metric
  readonly aggregation: Aggregation
  readonly operator: Operator
  readonly threshold: number
  /** A query counts rows, so no data is 0. A metric without data is not evaluated. */
  readonly isZeroWithoutData?: boolean
}

const AGGREGATIONS = ['Average', 'Minimum', 'Maximum', 'Total', 'Count'] as const
const OPERATORS = ['GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual', 'Equals'] as const
export type Operator = (typeof OPERATORS)[number]

const SINGLE_RESOURCE = 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'

export function readAlertRules(snapshot: Snapshot): AlertRule[] {
  const enabled = (type: string) =>
    resourcesOfType(snapshot, type).filter((rule) => rule.properties?.['enabled'] === true)
  return [
    ...enabled('Microsoft.Insights/metricAlerts').map((rule) => readRule(rule, snapshot.file)),
    ...enabled('Microsoft.Insights/scheduledQueryRules').map((rule) => readQueryRule(rule, snapshot.file)),
  ]
}

function readRule(resource: Resource, file: string): AlertRule {
  const read = new Reader(`${file}: ${resource.name}`)
  const properties = resource.properties as Record<string, unknown>
  const criteria = properties['criteria'] as { 'odata.type'?: unknown; allOf?: unknown[] }
  read.oneOf('criteria odata.type', criteria?.['odata.type'], [SINGLE_RESOURCE])
  const shared = readShared(resource, read)
  return {
    ...shared,
    criteria: (criteria.allOf ?? []).map((item) =>
      readCriterion(item as Record<string, unknown>, shared.targetId, read),
    ),
    actionGroupIds: ((properties['actions'] ?? []) as { actionGroupId: string }[]).map(
      (action) => action.actionGroupId,
    ),
  }
}

/** The only Kusto query that the local platform supports: all rows of one custom metric, counted. */
const ROWS_OF_METRIC = /^customMetrics \| where name == '([\w.]+)'$/

function readQueryRule(resource: Resource, file: string): AlertRule {
  const read = new Reader(`${file}: ${resource.name}`)
  const properties = resource.properties as Record<string, unknown>
  const { allOf } = properties['criteria'] as { allOf: Record<string, unknown>[] }
  const [criterion, ...others] = allOf
  if (criterion === undefined || others.length > 0) throw read.error('a rule on a query has exactly one criterion')
  const name = ROWS_OF_METRIC.exec(String(criterion['query']))?.[1]
  if (name === undefined) {
    throw read.error(`the query is ${JSON.stringify(criterion['query'])}, not customMetrics | where name == '<metric>'`)
  }
  const periods = (criterion['failingPeriods'] ?? {}) as Record<string, number>
  const { numberOfEvaluationPeriods: of = 1, minFailingPeriodsToAlert: least = 1 } = periods
  if (of !== least) throw read.error('the local platform supports only conditions that hold in each of the periods')
  const shared = readShared(resource, read)
  const metric = { resourceId: shared.targetId, namespace: 'azure.applicationinsights', name }
  const operator = read.oneOf('operator', criterion['operator'], OPERATORS)
  const aggregation = read.oneOf('timeAggregation', criterion['timeAggregation'], ['Count'])
  const threshold = Number(criterion['threshold'])
  return {
    ...shared,
    evaluationPeriods: of,
    criteria: [{ name, metric, aggregation, operator, threshold, isZeroWithoutData: true }],
    actionGroupIds: (properties['actions'] as { actionGroups?: string[] } | undefined)?.actionGroups ?? [],
  }
}

function readShared(resource: Resource, read: Reader): Omit<AlertRule, 'criteria' | 'actionGroupIds'> {
  const properties = resource.properties as Record<string, unknown>
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
  }
}

function readCriterion(item: Record<string, unknown>, targetId: string, read: Reader): Criterion {
  read.oneOf('criterionType', item['criterionType'], ['StaticThresholdCriterion'])
  if (Array.isArray(item['dimensions']) && item['dimensions'].length > 0) {
    throw read.error('the local platform does not support metric dimensions')
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
