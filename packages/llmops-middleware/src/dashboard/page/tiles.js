// The four figures that have an objective: the answer, how it is judged, and what it is made of.

import { byId, h, setFigure, setText } from './dom.js'
import { count, duration, percent, plain, usd } from './format.js'
import { levelText } from './level.js'

const ratio = (part, of) => (of > 0 ? part / of : null)

const SPANS = { '5m': 'in 5 minutes', '1h': 'in an hour', '24h': 'in 24 hours' }

const TILES = {
  tasks: {
    write: percent,
    of: 'tasks',
    unit: () => 'of tasks',
    objective: (text) => `at least ${text}`,
    value: ({ tasks }) => ratio(tasks.succeeded, tasks.ended - tasks.failed.caller),
    rows: ({ tasks }) => [
      ['succeeded', tasks.succeeded, count],
      ["agent's failures", tasks.failed.agent, count],
      ["provider's failures", tasks.failed.provider, count],
      ["caller's, not judged", tasks.failed.caller, count],
      ['running now', tasks.running.count, count],
      ['the oldest for', tasks.running.oldestMs, duration],
    ],
  },
  latency: {
    write: duration,
    of: 'tasks',
    unit: () => 'or less for 95%',
    objective: (text) => `at most ${text}`,
    value: ({ latency }) => latency.p95Ms,
    rows: ({ latency }) => [
      ['half within', latency.p50Ms, duration],
      ['99% within', latency.p99Ms, duration],
      ['mean', latency.meanMs, duration],
    ],
  },
  cost: {
    write: usd,
    of: 'tasks',
    unit: ({ window }) => SPANS[window],
    objective: (text) => `at most ${text} a task`,
    value: ({ cost }) => cost.usd,
    rows: ({ cost, tokens }) => [
      ['a task', cost.perTaskUsd, usd],
      ['estimated part', cost.unknownUsd, usd],
      ['tokens read', tokens.input, count],
      ['from a cache', tokens.cachedInput, count],
      ['tokens written', tokens.output, count],
    ],
  },
  tools: {
    write: percent,
    of: 'calls',
    unit: () => 'of calls',
    objective: (text) => `at least ${text}`,
    value: ({ tools }) => ratio(tools.ok + tools.fallback, tools.calls),
    rows: ({ tools }) => [
      ['answered', tools.ok, count],
      ['by a fallback', tools.fallback, count],
      ['failed', tools.error, count],
    ],
  },
}

const built = new Map()

export function showTiles(overview) {
  for (const name of Object.keys(TILES)) tile(name).update(overview)
}

function tile(name) {
  if (!built.has(name)) built.set(name, build(name, TILES[name]))
  return built.get(name)
}

function build(name, { write, of, unit, objective, value, rows }) {
  const answer = h('data')
  const unitText = h('span', { className: 'unit' })
  const level = h('span', { className: 'level' })
  const judgedList = h('dl')
  const list = h('dl', { className: 'parts' })
  const cells = new Map()
  const row = (parent, label, amount, text) => {
    if (!cells.has(label)) {
      const cell = h('data')
      cells.set(label, cell)
      parent.append(h('dt', { text: label }), h('dd', {}, cell))
    }
    setFigure(cells.get(label), amount ?? undefined, text)
  }
  byId(`tile-${name}`).append(level, h('p', { className: 'answer' }, answer, unitText), judgedList, list)
  const span = ({ value: amount, count: size }) => (size === 0 ? `no ${of}` : `${write(amount)} of ${count(size)}`)
  return {
    update(overview) {
      const { judged } = overview[name]
      setFigure(answer, value(overview) ?? undefined, write(value(overview)))
      setText(unitText, unit(overview))
      level.className = `level ${judged.level}`
      setText(level, judged.objective === null ? 'not judged' : levelText(judged.level))
      row(judgedList, name === 'cost' ? 'a task, last 30 s' : 'last 30 s', judged.last30s.value, span(judged.last30s))
      row(judgedList, name === 'cost' ? 'a task, last 5 min' : 'last 5 min', judged.last5m.value, span(judged.last5m))
      row(
        judgedList,
        'objective',
        judged.objective,
        judged.objective === null ? 'none' : objective(plain(write(judged.objective))),
      )
      for (const [label, amount, writeRow] of rows(overview)) row(list, label, amount, writeRow(amount))
    },
  }
}
