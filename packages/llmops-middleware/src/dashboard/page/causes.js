// Why tasks fail, what the budget decides, which tool and which model fail.

import { byId, h, setText } from './dom.js'
import { count, duration, percent, plural, short, usd } from './format.js'
import { createTable, custom, name, number } from './table.js'

const WHO = {
  agent: 'us: this release or its tools',
  provider: 'the provider, or the route to another',
  caller: 'the caller; not judged',
}
const DECISIONS = {
  allow: 'as asked',
  clamp: 'answer cut shorter',
  downshift: 'by a cheaper model',
  block: 'refused',
}

const share = (part, of) => (of > 0 ? part / of : null)

const errorsCell = () => {
  const node = h('bdi', { className: 'name' })
  const text = ({ errors }) => errors.map(({ type, count: times }) => `${short(type)} ${count(times)}`).join(', ')
  return { node, update: (item) => setText(node, text(item) || '–') }
}

const reasons = createTable({
  label: 'Reasons of failed tasks',
  keyOf: (row) => `${row.class} ${row.reason}`,
  empty: 'No task failed in this window.',
  columns: [
    name('reason', (row) => row.reason),
    name('who must act', (row) => WHO[row.class] ?? '–'),
    number('tasks', (row) => row.count, count),
  ],
})

const decisions = createTable({
  label: 'Decisions of the budget',
  keyOf: (row) => row.decision,
  empty: 'No budget is configured: every call passes as it is asked.',
  columns: [
    name('model calls', (row) => DECISIONS[row.decision]),
    number('calls', (row) => row.count, count),
    number('share', (row) => share(row.count, row.of), percent),
  ],
})

const tools = createTable({
  label: 'Tools',
  size: 'middle',
  keyOf: (row) => row.tool,
  empty: 'No tool was called in this window.',
  columns: [
    name('tool', (row) => row.tool),
    number('calls', (row) => row.calls, count),
    number('answered', (row) => share(row.ok + row.fallback, row.calls), percent),
    number('by fallback', (row) => row.fallback, count),
    number('failed', (row) => row.error, count),
    number('mean time', (row) => row.meanMs, duration),
    custom('errors by class', errorsCell, { isWide: true }),
  ],
})

const models = createTable({
  label: 'Models',
  size: 'middle',
  keyOf: (row) => row.model,
  empty: 'No model was called in this window.',
  columns: [
    name('model', (row) => row.model),
    number('attempts', (row) => row.calls, count),
    number('failed', (row) => row.failed, count),
    number('tokens in', (row) => row.inputTokens, count),
    number('out', (row) => row.outputTokens, count),
    number('cost', (row) => row.costUsd, usd),
    number('mean time', (row) => row.meanMs, duration),
    custom('errors by class', errorsCell, { isWide: true }),
  ],
})

const panels = { reasons, decisions, tools, models }
for (const [id, { node }] of Object.entries(panels)) byId(`${id}-panel`).querySelector('.body').append(node)

const rests = {}
function showRest(id, text) {
  rests[id] ??= byId(`${id}-panel`)
    .querySelector('.body')
    .appendChild(h('p', { className: 'small quiet' }))
  setText(rests[id], text)
}

export function showCauses({ tasks, decisions: decided, tools: toolTile, models: modelTile, repairs, service }) {
  reasons.update(tasks.reasons)
  showRest('reasons', tasks.otherReasons > 0 ? `and ${plural(tasks.otherReasons, 'task')} for other reasons` : '')
  const of = Object.values(decided).reduce((sum, value) => sum + value, 0)
  const rows = Object.keys(DECISIONS).map((decision) => ({ decision, count: decided[decision], of }))
  decisions.update(service.hasBudget ? rows : [])
  tools.update(toolTile.tools)
  showRest('tools', toolTile.others > 0 ? `and ${plural(toolTile.others, 'other tool')}` : '')
  models.update(modelTile.models)
  showRest('models', modelTile.others > 0 ? `and ${plural(modelTile.others, 'other model')}` : '')
  const { free, asked } = repairs
  setText(
    byId('repairs'),
    `Arguments that models wrote wrongly: ${count(free)} repaired at no cost, ${count(asked)} by asking the model again.`,
  )
}
