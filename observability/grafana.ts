import { type Query, readQueries } from './queries.ts'

type Target = { readonly expr: string; readonly legend: string }

/** A tile of the workbook as queries for Prometheus, on the counters that `/metrics` has. */
type Twin = {
  readonly targets: readonly Target[]
  readonly unit?: string
  /** What `organize` calls the columns of a table, in the order of the targets. */
  readonly columns?: readonly string[]
}

/** Since when, in a table: what the time picker says. */
const RANGE = '[$__range]'
/** How far back, in a graph: at least four scrapes. */
const RATE = '[$__rate_interval]'

/** By the name of the query whose tile it is the twin of. */
export const TWINS: Readonly<Record<string, Twin>> = {
  taskSuccess: {
    columns: ['success', 'tasks'],
    targets: [
      by('tenant', `increase(agent_task_outcome_sum${RANGE})`, `increase(agent_task_outcome_count${RANGE})`),
      { expr: `sum by (tenant) (increase(agent_task_outcome_count${RANGE}))`, legend: '{{tenant}}' },
    ],
  },
  costBurnDown: {
    unit: 'currencyUSD',
    targets: [
      { expr: '$BudgetUsd - sum by (tenant) (increase(agent_cost_usd_total[$__range]))', legend: '{{tenant}}' },
    ],
  },
  failingTools: {
    columns: ['failures', 'fallbacks', 'failed'],
    targets: [
      {
        expr: `topk(10, sum by (tool, error_type) (increase(agent_tool_success_total{status="error"}${RANGE})) > 0)`,
        legend: '{{tool}} {{error_type}}',
      },
      { expr: `sum by (tool) (increase(agent_tool_success_total{status="fallback"}${RANGE})) > 0`, legend: '{{tool}}' },
      by(
        'tool',
        `increase(agent_tool_success_total{status="error"}${RANGE})`,
        `increase(agent_tool_success_total${RANGE})`,
      ),
    ],
  },
  latency: {
    unit: 's',
    targets: [0.5, 0.95, 0.99].map((share) => ({
      expr: `histogram_quantile(${share}, sum by (le) (rate(agent_task_latency_bucket${RATE})))`,
      legend: `p${share * 100}`,
    })),
  },
  budgetBreaches: {
    columns: ['clamped', 'downshifted', 'blocked'],
    targets: ['clamp', 'downshift', 'block'].map((decision) => ({
      expr: `sum by (tenant) (increase(agent_budget_breach_total{decision="${decision}"}${RANGE}))`,
      legend: '{{tenant}}',
    })),
  },
  healing: {
    targets: [
      ['agent_repair_retry_total', 'asked a model to repair'],
      ['agent_repair_free_total', 'repaired at no cost'],
      ['agent_model_downshift_total', 'downshifted'],
      ['agent_chaos_injected_total', 'faults injected'],
    ].map(([metric, legend]) => ({ expr: `sum(increase(${metric}${RATE}))`, legend: legend! })),
  },
}

function by(label: string, part: string, whole: string): Target {
  return { expr: `sum by (${label}) (${part}) / sum by (${label}) (${whole})`, legend: `{{${label}}}` }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana replaces this name at the import.
const DATA_SOURCE = { type: 'prometheus', uid: '${DS_PROMETHEUS}' }
const WIDTH = 12
const HEIGHT = 9

/** The dashboard as JSON text, for "Import" of Grafana: a twin of each tile of the workbook. */
export function buildDashboard(queries: readonly Query[] = readQueries()): string {
  const tiles = queries.filter(({ visualisation }) => visualisation !== 'none')
  const dashboard = {
    __inputs: [{ name: 'DS_PROMETHEUS', label: 'Prometheus', type: 'datasource', pluginId: 'prometheus' }],
    __requires: [{ type: 'grafana', id: 'grafana', name: 'Grafana', version: '10.0.0' }],
    uid: 'llmops-agent',
    title: 'Agent SLOs',
    description:
      'Task success, cost, tools, latency, budget and healing: the twin of the Azure workbook, over `/metrics`.',
    tags: ['llmops'],
    schemaVersion: 39,
    time: { from: 'now-24h', to: 'now' },
    refresh: '1m',
    templating: { list: [BUDGET] },
    panels: tiles.map(panel),
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

const BUDGET = {
  name: 'BudgetUsd',
  label: 'Budget a tenant (USD)',
  type: 'textbox',
  query: '50',
  current: { text: '50', value: '50' },
}

function panel({ name, title, visualisation }: Query, index: number) {
  const twin = TWINS[name]
  if (!twin) throw new Error(`queries.kql: the tile '${name}' has no twin in grafana.ts`)
  const isTable = visualisation === 'table'
  return {
    id: index + 1,
    title,
    type: isTable ? 'table' : 'timeseries',
    datasource: DATA_SOURCE,
    gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
    targets: twin.targets.map(({ expr, legend }, index) => ({
      refId: refId(index),
      datasource: DATA_SOURCE,
      expr,
      legendFormat: legend,
      // A table shows totals of the whole time range, a graph the course of time.
      ...(isTable ? { instant: true, format: 'table' } : { range: true }),
    })),
    fieldConfig: {
      defaults: twin.unit === undefined ? {} : { unit: twin.unit },
      overrides: twin.columns?.flatMap(asShare) ?? [],
    },
    ...(isTable && { transformations: transformationsOf(twin) }),
  }
}

const refId = (index: number) => String.fromCharCode(65 + index)

/** What is a ratio is shown in percent. */
function asShare(column: string) {
  if (column !== 'success' && column !== 'failed') return []
  return [{ matcher: { id: 'byName', options: column }, properties: [{ id: 'unit', value: 'percentunit' }] }]
}

/** One row a label, one column a target. */
function transformationsOf({ columns = [] }: Twin) {
  const renamed = columns.map((column, index) => [`Value #${refId(index)}`, column])
  return [
    { id: 'merge', options: {} },
    { id: 'organize', options: { excludeByName: { Time: true }, renameByName: Object.fromEntries(renamed) } },
  ]
}
