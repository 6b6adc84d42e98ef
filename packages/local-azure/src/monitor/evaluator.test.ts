import { describe, expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../clock/manual-clock.ts'
import type { AlertRule } from './alert-rule.ts'
import type { Announcement } from './common-alert-schema.ts'
import { commonAlertSchema } from './common-alert-schema.ts'
import { evaluateAlerts } from './evaluator.ts'
import { type Metric, MetricStore } from './metric-store.ts'

const MINUTE_MS = 60_000
const errors: Metric = { resourceId: '/sites/a', namespace: 'Microsoft.Web/sites', name: 'Http5xx' }
const outcome: Metric = {
  resourceId: '/components/a',
  namespace: 'azure.applicationinsights',
  name: 'agent.task.outcome',
}

const errorRule: AlertRule = {
  id: '/subscriptions/s/alert',
  name: 'errors',
  description: '',
  severity: 1,
  targetId: '/sites/A',
  evaluationFrequencyMs: MINUTE_MS,
  windowMs: 5 * MINUTE_MS,
  windowSize: 'PT5M',
  autoMitigate: true,
  criteria: [{ name: 'errors', metric: errors, aggregation: 'Total', operator: 'GreaterThan', threshold: 5 }],
  actionGroupIds: [],
}

describe('an alert rule', () => {
  it('fires when the window holds more than the threshold, and not at the threshold', async () => {
    const { clock, record, announced } = watch(errorRule)
    record(errors, 1, 5)
    await clock.advance(MINUTE_MS)
    expect(announced).toEqual([])
    record(errors, 1, 1)
    await clock.advance(MINUTE_MS)
    expect(announced).toMatchObject([{ condition: 'Fired', values: [6] }])
  })

  it('fires once while it stays breached, and resolves after three good checks in a row', async () => {
    const { clock, record, announced } = watch(errorRule)
    record(errors, 1, 6)
    await clock.advance(5 * MINUTE_MS)
    expect(announced.map(({ condition }) => condition)).toEqual(['Fired'])
    await clock.advance(2 * MINUTE_MS)
    expect(announced).toHaveLength(1)
    await clock.advance(MINUTE_MS)
    expect(announced.map(({ condition }) => condition)).toEqual(['Fired', 'Resolved'])
    expect(announced[0]?.alertId).toBe(announced[1]?.alertId)
  })

  it('restarts the count of good checks after a bad one', async () => {
    const { clock, record, announced } = watch(errorRule)
    record(errors, 1, 6)
    await clock.advance(7 * MINUTE_MS)
    record(errors, 1, 6)
    await clock.advance(7 * MINUTE_MS)
    expect(announced.map(({ condition }) => condition)).toEqual(['Fired'])
    await clock.advance(MINUTE_MS)
    expect(announced.map(({ condition }) => condition)).toEqual(['Fired', 'Resolved'])
  })

  it('fires on every breach and never resolves where it is stateless', async () => {
    const { clock, record, announced } = watch({ ...errorRule, autoMitigate: false })
    record(errors, 1, 6)
    await clock.advance(10 * MINUTE_MS)
    expect(announced.map(({ condition }) => condition)).toEqual(Array(5).fill('Fired'))
  })

  it('fires only if all of its criteria hold: one failure of one request is not an outage', async () => {
    const rule: AlertRule = {
      ...errorRule,
      criteria: [
        { name: 'mean', metric: outcome, aggregation: 'Average', operator: 'LessThan', threshold: 0.8 },
        { name: 'sample', metric: outcome, aggregation: 'Count', operator: 'GreaterThanOrEqual', threshold: 10 },
      ],
    }
    const { clock, record, announced } = watch(rule)
    record(outcome, 0, 1)
    await clock.advance(MINUTE_MS)
    expect(announced).toEqual([])
    record(outcome, 0, 3)
    record(outcome, 1, 6)
    await clock.advance(MINUTE_MS)
    expect(announced).toMatchObject([{ condition: 'Fired', values: [0.6, 10] }])
  })

  it('does not treat missing data as a breach', async () => {
    const below = { name: 'few', metric: errors, aggregation: 'Total', operator: 'LessThan', threshold: 5 } as const
    const { clock, announced } = watch({ ...errorRule, criteria: [below] })
    await clock.advance(10 * MINUTE_MS)
    expect(announced).toEqual([])
  })

  it('sees a metric only after its delay', async () => {
    const { clock, record, announced } = watch(errorRule, MINUTE_MS)
    record(errors, 1, 6)
    await clock.advance(MINUTE_MS)
    expect(announced).toEqual([])
    await clock.advance(MINUTE_MS)
    expect(announced).toHaveLength(1)
  })

  it('posts what the common alert schema asks for', async () => {
    const { clock, record, announced } = watch(errorRule)
    record(errors, 1, 6)
    await clock.advance(8 * MINUTE_MS)
    const [fired, resolved] = announced.map(commonAlertSchema)
    expect(fired).toMatchObject({
      schemaId: 'azureMonitorCommonAlertSchema',
      data: {
        essentials: { alertRule: 'errors', severity: 'Sev1', monitorCondition: 'Fired', alertTargetIDs: ['/sites/a'] },
        alertContext: {
          condition: {
            windowStartTime: '2026-01-05T08:56:00.000Z',
            windowEndTime: '2026-01-05T09:01:00.000Z',
            allOf: [{ metricName: 'Http5xx', metricValue: 6, threshold: '5' }],
          },
        },
      },
    })
    expect(resolved?.data.essentials).toMatchObject({
      monitorCondition: 'Resolved',
      resolvedDateTime: expect.any(String),
    })
    expect(fired?.data.essentials).not.toHaveProperty('resolvedDateTime')
  })
})

function watch(rule: AlertRule, metricDelayMs = 0) {
  const clock = new ManualClock()
  const metrics = new MetricStore(() => clock.now())
  const announced: Announcement[] = []
  const announce = async (announcement: Announcement) => void announced.push(announcement)
  const closing = new AbortController()
  onTestFinished(() => closing.abort())
  void evaluateAlerts({ rules: [rule], metrics, clock, metricDelayMs, emit: () => {}, announce }, closing.signal)
  const record = (metric: Metric, value: number, times: number) => {
    for (let time = 0; time < times; time++) metrics.record(metric, value)
  }
  return { clock, record, announced }
}
