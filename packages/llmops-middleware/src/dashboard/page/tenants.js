// Who spends how much of what limit, and who runs out of it.

import { getJson, inBackground, oneAtATime } from './api.js'
import { byId, figure, h, setFigure, setText } from './dom.js'
import { count, NOTHING, percent, plural, roughly, short, usd } from './format.js'
import { MARKS, WORDS } from './level.js'
import { openLimitDialog } from './limit-dialog.js'
import { createTable, custom, number } from './table.js'
import { showTasksOf } from './tasks.js'

const PAGE = 20
const MOST = 200
const WORDS_OF_BUDGET = { good: WORDS.good, warn: 'close', bad: 'spent', unknown: 'no limit' }

let nowMs = 0
let wanted = PAGE
let windowName = '5m'
let service

function tenantCell() {
  const label = h('bdi', { className: 'name' })
  const node = h('button', { type: 'button', className: 'link tenant' }, label)
  let tenant
  node.addEventListener('click', () => showTasksOf(tenant))
  return {
    node,
    update(row) {
      tenant = row.tenant
      setText(label, short(row.tenant) || '(no name)')
      node.title = 'Show the latest tasks of this tenant'
    },
  }
}

function barCell() {
  const spent = h('i')
  const held = h('i', { className: 'held' })
  const node = h('span', { className: 'bar', 'aria-hidden': 'true' }, spent, held)
  return {
    node,
    update({ spentUsd, heldUsd, limitUsd, level, share }) {
      node.hidden = share === null
      if (share === null) return
      const spentShare = Math.min(1, share)
      const heldShare = limitUsd > 0 ? Math.min(1 - spentShare, (heldUsd ?? 0) / limitUsd) : 0
      spent.className = level === 'bad' || level === 'warn' ? level : ''
      spent.style.width = `${(spentUsd === 0 && limitUsd > 0 ? 0 : spentShare) * 100}%`
      held.style.width = `${heldShare * 100}%`
    },
  }
}

function levelCell() {
  const node = h('span', { className: 'level' })
  return {
    node,
    update({ level }) {
      node.className = `level ${level}`
      setText(node, `${MARKS[level]} ${WORDS_OF_BUDGET[level]}`)
    },
  }
}

function runsOutCell() {
  const node = figure(undefined, '')
  return {
    node,
    update({ runsOutAtMs, share }) {
      const text =
        share !== null && share >= 1
          ? 'spent'
          : runsOutAtMs === null
            ? 'not in this period'
            : `in ${roughly(runsOutAtMs - nowMs)}`
      setFigure(node, runsOutAtMs ?? undefined, share === null ? NOTHING : text)
    },
  }
}

function actionCell() {
  const node = h('button', { type: 'button', className: 'link', text: 'Change limit' })
  let row
  node.addEventListener('click', () => openLimitDialog(row, service, () => inBackground(refresh())))
  return {
    node,
    update(next) {
      row = next
      node.hidden = !service.canSetLimits
      node.setAttribute('aria-label', `Change limit of ${short(next.tenant)}`)
    },
  }
}

const table = createTable({
  label: 'Tenants by share of their limit',
  size: 'wide',
  keyOf: (row) => row.tenant,
  empty: 'No tenant is known here.',
  columns: [
    custom('tenant', tenantCell),
    custom('state', levelCell, { isBare: true, isWide: true }),
    custom('of the limit', barCell, { isWide: true, isBare: true }),
    number('share', (row) => row.share, percent),
    number('spent', (row) => row.spentUsd, usd),
    number('held', (row) => row.heldUsd, usd),
    number('limit', (row) => row.limitUsd, usd),
    custom('runs out', runsOutCell, { isNumber: true }),
    number('forecast', (row) => row.forecastUsd, usd),
    number('resets in', (row) => (row.resetsAtMs === null ? null : row.resetsAtMs - nowMs), roughly),
    number('tasks', (row) => row.tasks, count),
    number('failed', (row) => row.failed, count),
    number('cost here', (row) => row.costUsd, usd),
    custom('change', actionCell, { isWide: true, isBare: true }),
  ],
})
byId('tenants-panel').querySelector('.body').append(table.node)

const search = byId('tenant-search')

const refresh = oneAtATime(async () => {
  const list = await getJson('api/tenants', { window: windowName, search: search.value.trim(), limit: wanted })
  nowMs = list.freshness.nowMs
  table.update(list.tenants)
  table.node.classList.toggle('is-fixed', !service.canSetLimits)
  const { tenants, costUsd } = list.others
  setText(byId('other-tenants'), `${plural(tenants, 'more tenant')}, who cost ${usd(costUsd)} in this window.`)
  byId('other-tenants').hidden = tenants === 0
  byId('more-tenants').hidden = tenants === 0 || wanted >= MOST
  setText(
    byId('tenants-note'),
    service.hasBudget
      ? `${plural(list.known, 'tenant')}, the largest share of a limit first. The forecast is at the pace of the period so far; “runs out” at that of the last hour.`
      : `${plural(list.known, 'tenant')}. No budget is configured: nothing limits what they spend.`,
  )
})

export function refreshTenants(window, of) {
  windowName = window
  service = of
  return refresh()
}

const again = () => service && inBackground(refresh())
search.addEventListener('input', again)
byId('more-tenants').addEventListener('click', () => {
  wanted = Math.min(MOST, wanted * 2)
  again()
})
