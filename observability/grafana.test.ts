import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildDashboard, TWINS } from './grafana.ts'
import { metricsSeries, type Series } from './metrics-page.ts'
import { readPromql } from './promql.ts'
import { readQueries } from './queries.ts'

const text = readFileSync(new URL('./grafana/agent.json', import.meta.url), 'utf8')
const dashboard = JSON.parse(text) as {
  panels: { title: string; type: string; targets: { expr: string }[]; gridPos: object }[]
}
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))

let series: Series

beforeAll(async () => {
  series = await metricsSeries()
})

describe('grafana/agent.json', () => {
  it('is what the queries build; `pnpm --filter observability build` refreshes it', () => {
    expect(text).toBe(buildDashboard())
  })

  it('has a twin of each tile of the workbook, under its title, and no other', () => {
    const tiles = readQueries().filter(({ visualisation }) => visualisation !== 'none')
    expect(dashboard.panels.map(({ title }) => title)).toEqual(tiles.map(({ title }) => title))
    expect(Object.keys(TWINS).toSorted()).toEqual(tiles.map(({ name }) => name).toSorted())
  })

  it('lays no panel over another', () => {
    expect(new Set(dashboard.panels.map(({ gridPos }) => JSON.stringify(gridPos))).size).toBe(dashboard.panels.length)
  })
})

describe('an expression of the dashboard', () => {
  it.each(expressions)('%s is PromQL over series and labels that /metrics has', (expression) => {
    const { errors, metrics, labels } = readPromql(expression)
    expect(errors).toEqual([])
    expect(metrics).not.toEqual([])
    for (const metric of metrics) expect([...series.keys()]).toContain(metric)
    const known = new Set(metrics.flatMap((metric) => [...(series.get(metric)?.keys() ?? [])]))
    expect(labels.filter((label) => !known.has(label))).toEqual([])
  })

  it.each([
    ['a metric by its name in OpenTelemetry', 'sum(rate(agent_cost_usd[5m]))', 'agent_cost_usd'],
    ['a metric with its unit', 'agent_task_latency_seconds_bucket', 'agent_task_latency_seconds_bucket'],
  ])('would be refused for %s', (_, expression, metric) => {
    expect(readPromql(expression).metrics).toEqual([metric])
    expect(series.has(metric)).toBe(false)
  })

  it.each(['sum by tenant (a)', 'histogram_quantile(0.5, a', 'rate(a[5m]'])('would be refused for %s', (expression) => {
    expect(readPromql(expression).errors).not.toEqual([])
  })
})
