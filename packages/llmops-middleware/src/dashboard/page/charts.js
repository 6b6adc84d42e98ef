// The charts: one x axis, one cursor, and what changed drawn over all of them.

import { createChart } from './chart.js'
import { byId, h } from './dom.js'
import { count, duration, timeOf, usd } from './format.js'

const bars = (key, label, color) => ({ key, label, color, kind: 'bars' })
const line = (key, label, color, dash) => ({ key, label, color, dash, kind: 'line' })

/** Failures stand on the axis, below what went well: one among a thousand must not vanish at the top of a bar. */
const CHARTS = [
  {
    title: 'Since when do tasks fail?',
    write: count,
    isWide: true,
    series: [
      bars('failedAgent', "agent's failures", '--bad-fill'),
      bars('failedProvider', "provider's", '--warn-fill'),
      bars('failedCaller', "caller's", '--held'),
      bars('succeeded', 'succeeded', '--done'),
    ],
  },
  {
    title: 'Are tasks getting slower?',
    write: duration,
    series: [
      line('p99Ms', '99% within', '--quiet', [2, 3]),
      line('p95Ms', '95%', '--model', [6, 3]),
      line('p50Ms', 'half', '--model'),
    ],
  },
  { title: 'Are we spending faster?', write: usd, series: [bars('costUsd', 'cost', '--model')] },
  {
    title: 'Since when do tools fail?',
    write: count,
    series: [
      bars('toolError', 'failed', '--bad-fill'),
      bars('toolFallback', 'by a fallback', '--warn-fill'),
      bars('toolOk', 'answered', '--done'),
    ],
  },
  {
    title: 'Since when does the budget hold back?',
    write: count,
    series: [
      bars('block', 'blocked', '--bad-fill'),
      bars('downshift', 'to a cheaper model', '--warn-fill'),
      bars('clamp', 'cut shorter', '--model'),
      bars('allow', 'as asked', '--done'),
    ],
  },
]

const COLUMNS = CHARTS.flatMap(({ series, write }) => series.map(({ key, label }) => ({ key, label, write })))

let charts
let latest
let values

export function showCharts(overview) {
  latest = overview
  charts ??= CHARTS.map((chart) => {
    const built = createChart(chart, moveAll)
    byId('charts').append(built.node)
    return built
  })
  for (const chart of charts) chart.update(overview)
  if (byId('values').open) showValues()
}

/** All charts show the same moment; `null`: the whole window. */
function moveAll(index) {
  for (const chart of charts ?? []) chart.moveTo(index)
}

byId('values').addEventListener('toggle', () => latest && byId('values').open && showValues())

function showValues() {
  const { series, freshness } = latest
  const head = h('tr', {}, h('th', { text: 'from', scope: 'col' }))
  for (const { label } of COLUMNS) head.append(h('th', { text: label, scope: 'col', className: 'number' }))
  const body = h('tbody')
  for (let index = series.succeeded.length - 1; index >= 0; index--) {
    if (series.succeeded[index] === null) continue
    const time = timeOf(series.startMs + index * series.stepMs, freshness.nowMs)
    const row = h('tr', {}, h('th', { text: time, scope: 'row' }))
    for (const { key, write } of COLUMNS) row.append(h('td', { text: write(series[key][index]), className: 'number' }))
    body.append(row)
  }
  const table = h('table', {}, h('thead', {}, head), body)
  // It scrolls in itself, and so the keyboard must reach it.
  values ??= byId('values').appendChild(
    h('section', { id: 'values-scroll', className: 'values', tabindex: '0', 'aria-label': 'Values of the charts' }),
  )
  values.replaceChildren(table)
}
