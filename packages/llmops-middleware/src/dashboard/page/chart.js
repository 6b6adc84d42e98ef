// One chart on uPlot, which draws; the words around it, the keyboard and the marks are ours.

import { letterOf, titleOf } from './changes.js'
import { h, setAttribute, setFigure, setText } from './dom.js'
import { minuteOf, NOTHING, plain, timeOf } from './format.js'

const HEIGHT = 132
const WIDE_HEIGHT = 176
const AXIS_FONT = '12px system-ui, sans-serif'
const BADGE_PX = 18

/** Colours are read where they are used: the theme may change while the page is open. */
const probe = h('span', { hidden: true })
document.documentElement.append(probe)
function colorOf(name) {
  probe.style.color = `var(${name})`
  return getComputedStyle(probe).color
}

const total = (column) => column.reduce((sum, value) => sum + (value ?? 0), 0)

/**
 * `onMove(index)` is told the point that is looked at, `null` when none is; `moveTo(index)` shows it. Bars are stacked
 * in the order of the series, from the axis up.
 */
export function createChart({ title, series, write, isWide }, onMove) {
  const plot = h('div', { className: 'plot' })
  const slider = h('div', {
    className: 'cursor',
    role: 'slider',
    tabindex: '0',
    'aria-label': title,
    'aria-orientation': 'horizontal',
    'aria-valuemin': '0',
  })
  const moment = h('span', { className: 'moment small quiet' })
  const legend = h('div', { className: 'legend' })
  const figures = series.map(({ label, color, kind, dash }) => {
    const key = h('i', { className: kind === 'line' ? 'key line' : 'key', 'aria-hidden': 'true' })
    if (kind === 'line')
      key.style.borderTop = `2px ${dash ? (dash[0] > 3 ? 'dashed' : 'dotted') : 'solid'} var(${color})`
    else key.style.background = `var(${color})`
    const value = h('data')
    legend.append(h('span', {}, key, `${label} `, value))
    return value
  })
  plot.append(slider)
  const node = h(
    'figure',
    { className: isWide ? 'chart wide' : 'chart' },
    h('figcaption', {}, h('h3', { text: title }), moment, legend),
    plot,
  )
  const isStacked = series[0].kind === 'bars'
  let drawn
  let overview
  let index = null

  function show() {
    const { series: columns, freshness } = overview
    const isAt = index !== null && columns[series[0].key][index] !== undefined
    for (const [place, { key }] of series.entries()) {
      const value = isAt
        ? columns[key][index]
        : isStacked
          ? total(columns[key])
          : columns[key].findLast((v) => v !== null)
      setFigure(figures[place], value ?? undefined, write(value))
    }
    setText(moment, isAt ? spanText(columns, index, freshness.nowMs) : isStacked ? 'in the window' : 'latest')
    const last = columns[series[0].key].length - 1
    setAttribute(slider, 'aria-valuemax', last)
    setAttribute(slider, 'aria-valuenow', isAt ? index : last)
    setAttribute(slider, 'aria-valuetext', `${moment.textContent}: ${textOf(legend)}`)
  }

  function draw() {
    drawn?.destroy()
    drawn = new uPlot(optionsOf(), dataOf(overview.series, series), (u, ready) => {
      plot.append(u.root)
      ready()
    })
    drawn.over.append(slider)
    drawMarks()
  }

  function optionsOf() {
    const axis = { font: AXIS_FONT, stroke: () => colorOf('--quiet'), ticks: { show: false } }
    const grid = { stroke: () => colorOf('--line'), width: 1 }
    return {
      ms: 1,
      width: Math.max(200, plot.clientWidth),
      height: isWide ? WIDE_HEIGHT : HEIGHT,
      padding: [10, 28, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false }, move: hold },
      scales: {
        x: { time: true, range: () => rangeOf(overview.series) },
        y: { range: (_u, _min, max) => [0, topOf(max)] },
      },
      axes: [
        { ...axis, grid: { show: false }, size: 26, space: 80, values: (_u, ticks) => ticks.map(tickText) },
        {
          ...axis,
          grid,
          size: 62,
          gap: 6,
          space: 20,
          values: (_u, ticks) => ticks.map((tick) => (tick === 0 ? '0' : plain(write(tick)))),
        },
      ],
      series: [{}, ...series.map((one) => (isStacked ? barsOf(one) : lineOf(one))).reverse()],
      hooks: { setCursor: [(u) => u.cursor.event && onMove(indexAt(u))] },
    }
  }

  const tickText = (tick) =>
    overview.series.stepMs < 60_000 && tick % 60_000 !== 0
      ? timeOf(tick, tick)
      : minuteOf(tick, overview.freshness.nowMs)

  function drawMarks() {
    for (const mark of drawn.over.querySelectorAll('.change')) mark.remove()
    const [startMs, endMs] = rangeOf(overview.series)
    let badgeEnd = Number.NEGATIVE_INFINITY
    for (const mark of [...overview.marks].reverse()) {
      const fromMs = Math.max(mark.atMs, startMs)
      if (fromMs > endMs || (mark.endsAtMs ?? mark.atMs) < startMs) continue
      const left = drawn.valToPos(fromMs, 'x')
      const change = h('span', { className: `change ${mark.kind}`, 'aria-hidden': 'true', title: titleOf(mark) })
      change.style.left = `${left}px`
      const lasts = mark.kind === 'fault' || mark.kind === 'breach'
      if (lasts) {
        const untilMs = Math.min(mark.endsAtMs ?? overview.freshness.nowMs, overview.freshness.nowMs)
        change.style.width = `${Math.max(0, drawn.valToPos(untilMs, 'x') - left)}px`
      }
      if (left >= badgeEnd) {
        change.append(h('b', { text: letterOf(mark.kind) }))
        badgeEnd = left + BADGE_PX
      }
      drawn.over.append(change)
    }
  }

  slider.addEventListener('keydown', (event) => {
    const last = overview.series[series[0].key].length - 1
    const from = index ?? last
    const steps = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      Home: 0,
      End: last,
      PageUp: from + 10,
      PageDown: from - 10,
    }
    if (event.key === 'Escape') onMove(null)
    else if (event.key in steps) onMove(Math.min(last, Math.max(0, steps[event.key])))
    else return
    event.preventDefault()
  })
  slider.addEventListener('blur', () => onMove(null))

  let width = 0
  new ResizeObserver(() => {
    if (!drawn || plot.clientWidth === width || plot.clientWidth === 0) return
    width = plot.clientWidth
    drawn.setSize({ width, height: isWide ? WIDE_HEIGHT : HEIGHT })
    drawMarks()
  }).observe(plot)
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
    matchMedia(query).addEventListener('change', () => drawn?.redraw())
  }

  return {
    node,
    update(next) {
      const isFirst = overview === undefined
      overview = next
      if (isFirst) draw()
      else {
        drawn.setData(dataOf(overview.series, series))
        drawMarks()
      }
      show()
    },
    moveTo(next) {
      index = next
      const at =
        index === null ? -10 : drawn.valToPos(overview.series.startMs + (index + 0.5) * overview.series.stepMs, 'x')
      drawn.setCursor({ left: at, top: 0 }, false)
      show()
    },
  }

  function indexAt(u) {
    if (u.cursor.left < 0) return null
    const { startMs, stepMs } = overview.series
    return Math.min(
      overview.series[series[0].key].length - 1,
      Math.floor((u.posToVal(u.cursor.left, 'x') - startMs) / stepMs),
    )
  }
}

/** The cursor goes where the pointer is. */
const hold = (_u, left, top) => [left, top]

const topOf = (max) => (max > 0 ? max * 1.08 : 1)

function rangeOf({ startMs, stepMs, succeeded }) {
  return [startMs, startMs + succeeded.length * stepMs]
}

/** Bars are drawn the tallest first, each as tall as all below it together. */
function dataOf(columns, series) {
  const x = columns.succeeded.map((_value, index) => columns.startMs + (index + 0.5) * columns.stepMs)
  if (series[0].kind === 'line') return [x, ...series.map(({ key }) => columns[key]).reverse()]
  const sums = new Array(x.length).fill(0)
  const stacked = series.map(({ key }) =>
    columns[key].map((value, index) => {
      if (value === null) return null
      sums[index] += value
      return sums[index]
    }),
  )
  return [x, ...stacked.reverse()]
}

function barsOf({ color }) {
  return {
    paths: uPlot.paths.bars({ size: [0.78, 26] }),
    points: { show: false },
    fill: () => colorOf(color),
    stroke: () => colorOf(color),
    width: 0,
  }
}

function lineOf({ color, dash }) {
  return { stroke: () => colorOf(color), width: 1.5, dash, points: { size: 4, fill: () => colorOf(color) } }
}

function textOf(legend) {
  return [...legend.children].map((item) => item.textContent.trim() || NOTHING).join(', ')
}

function spanText(series, index, nowMs) {
  const fromMs = series.startMs + index * series.stepMs
  const isOver = fromMs + series.stepMs <= nowMs
  const write = series.stepMs < 60_000 ? timeOf : minuteOf
  return `${write(fromMs, nowMs)}–${isOver ? write(fromMs + series.stepMs, nowMs) : 'now'}`
}
