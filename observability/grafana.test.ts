import { readFileSync } from 'node:fs'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { createSli } from 'llmops-middleware/sli'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildDashboard, TWINS } from './grafana.ts'
import { readPromql } from './promql.ts'
import { readQueries } from './queries.ts'

const text = readFileSync(new URL('./grafana/agent.json', import.meta.url), 'utf8')
const dashboard = JSON.parse(text) as {
  panels: { title: string; type: string; targets: { expr: string }[]; gridPos: object }[]
}
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))

/** The labels of each series, by its name on `/metrics`, once every fact has been recorded. */
let series: ReadonlyMap<string, ReadonlySet<string>>

beforeAll(async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [exporter] })
  const sli = createSli({ meter: provider.getMeter('agent') })
  sli.recordCost('gpt-4o-mini', { inputTokens: 1200, outputTokens: 80 }, 'contoso')
  sli.taskEnded({ tenant: 'contoso', outcome: 'success', latencyMs: 900, costUsd: 0.01 })
  sli.toolCallEnded('lookup', 'error', 5, 'no_tool_available')
  sli.repairRetried(1)
  sli.repairedFreely('spelling')
  sli.downshifted('contoso')
  sli.budgetBreached('contoso', 'clamp')
  sli.chaosInjected('outage')
  const page = new PrometheusSerializer().serialize((await exporter.collect()).resourceMetrics)
  series = seriesOf(page)
  await provider.shutdown()
})

function seriesOf(page: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const [, name = '', labels = ''] of page.matchAll(/^(\w+)\{(.*)\} /gm)) {
    const known = found.get(name) ?? new Set()
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label)
    found.set(name, known)
  }
  return found
}

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
    const known = new Set(metrics.flatMap((metric) => [...(series.get(metric) ?? [])]))
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
