import type { AlertRule } from './alert-rule.ts'

export type Announcement = {
  readonly rule: AlertRule
  readonly condition: 'Fired' | 'Resolved'
  readonly alertId: string
  readonly firedAt: number
  readonly resolvedAt?: number
  readonly values: readonly (number | null)[]
  /** The end of the window of `values`. */
  readonly windowEndAt: number
}

/**
 * The body that an action group posts.
 * Source: learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema
 */
export function commonAlertSchema({
  rule,
  condition,
  alertId,
  firedAt,
  resolvedAt,
  values,
  windowEndAt,
}: Announcement) {
  const subscription = rule.id.split('/')[2]
  return {
    schemaId: 'azureMonitorCommonAlertSchema',
    data: {
      essentials: {
        alertId: `/subscriptions/${subscription}/providers/Microsoft.AlertsManagement/alerts/${alertId}`,
        alertRule: rule.name,
        severity: `Sev${rule.severity}`,
        signalType: 'Metric',
        monitorCondition: condition,
        monitoringService: 'Platform',
        alertTargetIDs: [rule.targetId.toLowerCase()],
        originAlertId: `${subscription}_${alertId}`,
        firedDateTime: new Date(firedAt).toISOString(),
        ...(resolvedAt === undefined ? {} : { resolvedDateTime: new Date(resolvedAt).toISOString() }),
        description: rule.description,
        essentialsVersion: '1.0',
        alertContextVersion: '1.0',
      },
      alertContext: {
        properties: null,
        conditionType: 'SingleResourceMultipleMetricCriteria',
        condition: {
          windowSize: rule.windowSize,
          windowStartTime: new Date(windowEndAt - rule.windowMs).toISOString(),
          windowEndTime: new Date(windowEndAt).toISOString(),
          allOf: rule.criteria.map((criterion, index) => ({
            metricName: criterion.metric.name,
            metricNamespace: criterion.metric.namespace,
            operator: criterion.operator,
            threshold: String(criterion.threshold),
            timeAggregation: criterion.aggregation,
            dimensions: [],
            metricValue: values[index] ?? null,
          })),
        },
      },
    },
  }
}
