// Puts the parts together: which view, which window, what came last.

import { inBackground, useToken } from './api.js'
import { showCauses } from './causes.js'
import { showChanges } from './changes.js'
import { showCharts } from './charts.js'
import { byId, h, keep, setText } from './dom.js'
import { short, timeOf } from './format.js'
import { listen } from './live.js'
import { isWebAddress, showTask } from './task.js'
import { refreshTasks } from './tasks.js'
import { refreshTenants } from './tenants.js'
import { showTiles } from './tiles.js'
import { showVerdict } from './verdict.js'

const WINDOWS = { '5m': 5 * 60_000, '1h': 60 * 60_000, '24h': 24 * 60 * 60_000 }
const TICK_MS = 1000
const LISTS_MS = 3000

const state = { windowName: '5m', overview: undefined, arrivedAtMs: 0, arrivedUpMs: 0, trouble: undefined }
let stream
let shownTask

function tell() {
  const nowMs = Date.now()
  // A clock that is set back makes nothing younger, and one that stood still while the machine slept neither.
  const ageMs = Math.max(nowMs - state.arrivedAtMs, performance.now() - state.arrivedUpMs)
  showVerdict({ ...state, ageMs, isHidden: document.hidden, nowMs })
  byId('token-notice').hidden = state.trouble?.status !== 401
}

function connect() {
  stream?.stop()
  stream = listen(state.windowName, {
    onEvent(name, data) {
      if (name === 'overview') showOverview(data)
      else if (name === 'task') refreshLists()
    },
    onTrouble(error) {
      if (error.status === 401) useToken(undefined)
      state.trouble = error
      tell()
    },
  })
}

function showOverview(overview) {
  // One that was under way when the window was changed.
  if (overview.window !== state.windowName) return
  const isFirst = state.overview === undefined
  Object.assign(state, { overview, arrivedAtMs: Date.now(), arrivedUpMs: performance.now(), trouble: undefined })
  if (isFirst) route()
  tell()
  showService(overview)
  if (byId('overview').hidden) return
  showTiles(overview)
  showChanges(overview)
  showCharts(overview)
  showCauses(overview)
  refreshLists()
}

let listsAtMs = Number.NEGATIVE_INFINITY
/** Lists are asked for, since they depend on what is searched for. */
function refreshLists(isAtOnce = false) {
  if (!state.overview || byId('overview').hidden) return
  if (!isAtOnce && Math.abs(Date.now() - listsAtMs) < LISTS_MS) return
  listsAtMs = Date.now()
  inBackground(refreshTasks())
  inBackground(refreshTenants(state.windowName, state.overview.service))
}

function showService({ service, freshness, window }) {
  setText(byId('service-name'), short(service.name))
  keep(
    byId('facts'),
    Object.entries(service.facts),
    ([name]) => name,
    ([name]) => {
      const value = h('bdi', { className: 'name mono' })
      const node = h('div', {}, h('dt', { text: name }), h('dd', {}, value))
      return { node, update: ([, text]) => setText(value, short(String(text))) }
    },
  )
  const links = service.links.filter(({ href }) => isWebAddress(href))
  keep(
    byId('links'),
    links,
    ({ label, href }) => `${label} ${href}`,
    ({ label, href }) => {
      return { node: h('a', { href, text: label }), update() {} }
    },
  )
  byId('links').hidden = links.length === 0
  const { nowMs, sinceMs, keptIn } = freshness
  const isWhole = nowMs - sinceMs >= WINDOWS[window]
  setText(byId('since'), isWhole ? '' : `Known since ${timeOf(sinceMs, nowMs)} only.`)
  setText(
    byId('kept'),
    keptIn === 'file'
      ? 'Figures and tasks are kept in a file, and outlive the process.'
      : `Figures and tasks are kept in memory, since ${timeOf(sinceMs, nowMs)}.`,
  )
}

/** `#/5m`, `#/1h`, `#/24h`: all figures. `#/task/ID`: one task. */
function route() {
  const [, view = '', id] = /^#\/([^/]*)(?:\/(.*))?$/s.exec(location.hash) ?? []
  const taskId = view === 'task' && id !== undefined ? decoded(id) : undefined
  if (Object.hasOwn(WINDOWS, view) && view !== state.windowName) {
    state.windowName = view
    connect()
  }
  for (const input of byId('windows').querySelectorAll('input')) input.checked = input.value === state.windowName
  const canShow = state.overview !== undefined
  byId('overview').hidden = !canShow || taskId !== undefined
  byId('task').hidden = !canShow || taskId === undefined
  if (canShow && taskId !== undefined && taskId !== shownTask) showTask(taskId, `#/${state.windowName}`)
  if (canShow && taskId === undefined && shownTask !== undefined) {
    showOverview(state.overview)
    byId('content').focus({ preventScroll: true })
  }
  if (canShow) shownTask = taskId
  refreshLists(true)
}

function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

byId('windows').addEventListener('change', (event) => {
  history.replaceState(null, '', `#/${event.target.value}`)
  route()
})
addEventListener('hashchange', route)
document.querySelector('.skip').addEventListener('click', (event) => {
  // Not by its address: the part behind # says what is shown.
  event.preventDefault()
  byId('content').focus()
})

byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault()
  useToken(byId('token').value)
  byId('token').value = ''
  connect()
})

setInterval(tell, TICK_MS)
route()
if (stream === undefined) connect()
