// The latest tasks, and the failed ones among them.

import { getJson, inBackground, oneAtATime } from './api.js'
import { byId, h, setAttribute, setText } from './dom.js'
import { count, duration, short, timeOf, usd } from './format.js'
import { createTable, custom, name, number } from './table.js'

const PAGE = 10
const MOST = 200
/** What an operator looks for in a row: a word, and how bad it is. */
const FLAGS = {
  fault: ['fault', 'bad'],
  block: ['blocked', 'bad'],
  clamp: ['cut', 'warn'],
  downshift: ['cheaper model', 'warn'],
  fallback: ['fallback', 'warn'],
  repair: ['repaired', ''],
  retry: ['retried', ''],
}

let nowMs = 0
let tenant
let wanted = PAGE

export function outcomeText({ outcome, reason }) {
  return outcome === 'success' ? '● succeeded' : `■ ${short(reason ?? 'failed')}`
}

export const outcomeLevel = (row) => (row.outcome === 'success' ? 'good' : row.class === 'agent' ? 'bad' : 'warn')

export const taskHref = (id) => `#/task/${encodeURIComponent(id)}`

export function chipsOf(flags) {
  return flags
    .filter((flag) => Object.hasOwn(FLAGS, flag))
    .map((flag) => {
      const [text, level] = FLAGS[flag]
      return h('span', { className: `chip ${level}`, text })
    })
}

function timeCell() {
  const node = h('a', { className: 'time' })
  return {
    node,
    update(row) {
      setText(node, timeOf(row.startedAtMs + row.durationMs, nowMs))
      setAttribute(node, 'href', taskHref(row.id))
      setAttribute(node, 'aria-label', `Task that ended ${node.textContent}: ${outcomeText(row)}`)
    },
  }
}

function outcomeCell() {
  const outcome = h('span', { className: 'outcome name' })
  const sentence = h('span', { className: 'small quiet name' })
  const node = h('span', { className: 'outcome-cell' }, outcome, ' ', sentence)
  return {
    node,
    update(row) {
      outcome.className = `outcome name ${outcomeLevel(row)}`
      setText(outcome, outcomeText(row))
      setText(sentence, short(row.error ?? ''))
    },
  }
}

function flagsCell({ flags }) {
  return { node: h('span', { className: 'chips' }, ...chipsOf(flags)), update() {} }
}

const table = createTable({
  label: 'Latest tasks',
  size: 'wide',
  keyOf: (row) => row.id,
  empty: 'No such task is kept.',
  columns: [
    custom('ended', timeCell),
    custom('outcome', outcomeCell, { isLead: true, isBare: true }),
    name('tenant', (row) => row.tenant),
    custom('what happened', flagsCell, { isWide: true, isBare: true }),
    number('took', (row) => row.durationMs, duration),
    number('model calls', (row) => row.modelCalls, count),
    number('tool calls', (row) => row.toolCalls, count),
    number('cost', (row) => row.costUsd, usd),
  ],
})
byId('tasks-panel').querySelector('.body').append(table.node)

const isFailedOnly = () => document.querySelector('#task-filter input:checked').value === 'failed'

export const refreshTasks = oneAtATime(async () => {
  const list = await getJson('api/tasks', { failed: isFailedOnly() ? 1 : undefined, tenant, limit: wanted })
  nowMs = list.freshness.nowMs
  table.update(list.tasks)
  byId('older-tasks').hidden = list.next === null || wanted >= MOST
})

const refresh = () => inBackground(refreshTasks())

byId('task-filter').addEventListener('change', () => {
  wanted = PAGE
  refresh()
})
byId('older-tasks').addEventListener('click', () => {
  wanted = Math.min(MOST, wanted * 2)
  refresh()
})

/** Shows the tasks of one tenant, `undefined`: of all. */
export function showTasksOf(name) {
  tenant = name
  wanted = PAGE
  const all = h('button', {
    type: 'button',
    className: 'link',
    text: 'Show all',
    on: { click: () => showTasksOf(undefined) },
  })
  byId('tasks-of').replaceChildren('Only those of ', h('bdi', { className: 'name', text: short(name ?? '') }), ' ', all)
  byId('tasks-of').hidden = name === undefined
  refresh()
  if (name !== undefined) byId('tasks-panel').scrollIntoView()
}
