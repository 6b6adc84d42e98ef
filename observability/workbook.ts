import { type Query, readQueries, withParameters } from './queries.ts'

/** Item types of a workbook (github.com/microsoft/Application-Insights-Workbooks, schema/workbook.json). */
const TEXT = 1
const QUERY = 3
const PARAMETERS = 9

const DAY_MS = 86_400_000

/** The deployed workbook as JSON text, with a tile for each query of `queries.kql` that has a visualisation. */
export function buildWorkbook(queries: readonly Query[] = readQueries()): string {
  const items = [
    {
      type: TEXT,
      name: 'introduction',
      content: {
        json: '# Agent SLOs\nTask success, cost, tools, latency, budget and healing of the agent behind this Application Insights resource.',
      },
    },
    { type: PARAMETERS, name: 'parameters', content: parameters() },
    ...queries.filter(({ visualisation }) => visualisation !== 'none').map(tile),
  ]
  return `${JSON.stringify({ version: 'Notebook/1.0', items, isLocked: false }, null, 2)}\n`
}

function parameters() {
  return {
    version: 'KqlParameterItem/1.0',
    style: 'pills',
    queryType: 0,
    resourceType: 'microsoft.insights/components',
    parameters: [
      {
        id: '5a1c2f0e-6f57-4b8e-9d0a-0f6a3c1e7b01',
        version: 'KqlParameterItem/1.0',
        name: 'TimeRange',
        label: 'Time range',
        type: 4,
        isRequired: true,
        value: { durationMs: DAY_MS },
        typeSettings: {
          selectableValues: [DAY_MS / 24, DAY_MS / 6, DAY_MS, 7 * DAY_MS, 30 * DAY_MS].map((durationMs) => ({
            durationMs,
          })),
          allowCustom: true,
        },
      },
      {
        id: '5a1c2f0e-6f57-4b8e-9d0a-0f6a3c1e7b02',
        version: 'KqlParameterItem/1.0',
        name: 'BudgetUsd',
        label: 'Budget a tenant (USD)',
        type: 1,
        isRequired: true,
        value: '50',
      },
    ],
  }
}

function tile({ name, title, visualisation, text }: Query) {
  return {
    type: QUERY,
    name,
    customWidth: '50',
    content: {
      version: 'KqlItem/1.0',
      query: withParameters(text),
      size: 0,
      title,
      timeContextFromParameter: 'TimeRange',
      queryType: 0,
      resourceType: 'microsoft.insights/components',
      visualization: visualisation,
      ...settingsOf(name),
    },
  }
}

/** How columns are shown, beyond the defaults. Each `columnMatch` is a column of the query; a test checks it. */
function settingsOf(name: string) {
  const formatters = COLUMN_FORMATTERS[name]
  return formatters ? { gridSettings: { formatters } } : {}
}

/** Formatter 8 is a heat map, 3 a bar (Workbooks, "Grid visualizations"). */
const COLUMN_FORMATTERS: Readonly<Record<string, readonly object[]>> = {
  taskSuccess: [
    { columnMatch: 'successPercent', formatter: 8, formatOptions: { min: 90, max: 100, palette: 'redGreen' } },
    { columnMatch: 'tasks', formatter: 3, formatOptions: { palette: 'blue' } },
  ],
  failingTools: [{ columnMatch: 'failures', formatter: 3, formatOptions: { palette: 'red' } }],
  budgetBreaches: [
    { columnMatch: 'blocked', formatter: 3, formatOptions: { palette: 'red' } },
    { columnMatch: 'downshifted', formatter: 3, formatOptions: { palette: 'orange' } },
  ],
}
