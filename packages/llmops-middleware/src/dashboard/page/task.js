// A task's own page: what it did, in order, and why it failed.

import { getJson } from './api.js'
import { byId, h } from './dom.js'
import { count, duration, NOTHING, plural, short, timeOf, usd } from './format.js'
import { createTable, name, number } from './table.js'
import { chipsOf, outcomeLevel, outcomeText } from './tasks.js'

const WHO = { agent: 'the agent', provider: 'a provider', caller: 'its caller' }
const DECISIONS = {
  allow: 'allowed as asked',
  clamp: 'answer cut shorter',
  downshift: 'moved to a cheaper model',
  block: 'refused',
}

export async function showTask(id, backTo) {
  const place = byId('task')
  const title = h('h2', { id: 'task-title', tabindex: '-1' }, 'Task ', h('bdi', { className: 'name mono', text: id }))
  const back = h('p', {}, h('a', { href: backTo, text: '← All figures' }))
  place.replaceChildren(
    back,
    h('section', { className: 'panel' }, title, h('p', { className: 'quiet', text: 'Loading' })),
  )
  let task
  try {
    task = await getJson(`api/tasks/${encodeURIComponent(id)}`)
  } catch (error) {
    const text =
      error.status === 404
        ? 'This task is not kept: it has not ended, it is older than what is kept, or another instance ran it.'
        : `It cannot be shown: ${error.message}`
    place.replaceChildren(back, h('section', { className: 'panel' }, title, h('p', { text })))
    title.focus()
    return
  }
  place.replaceChildren(back, headOf(task, title), callsOf(task), jsonOf(task))
  title.focus()
}

function headOf(task, title) {
  const nowMs = Date.now()
  const links = task.links.filter(({ href }) => isWebAddress(href))
  return h(
    'section',
    { className: 'panel' },
    title,
    h(
      'p',
      { className: 'chips' },
      h('span', { className: `outcome name ${outcomeLevel(task)}`, text: outcomeText(task) }),
      ...chipsOf(task.flags),
    ),
    task.error === null ? undefined : h('p', { className: 'sentence', dir: 'auto', text: task.error }),
    facts([
      ['tenant', task.tenant],
      ...Object.entries(task.scopes),
      ['agent', task.name],
      ['answerable', task.class === null ? undefined : WHO[task.class]],
      ['began', timeOf(task.startedAtMs, nowMs)],
      ['took', duration(task.durationMs), task.durationMs],
      ['cost', usd(task.costUsd), task.costUsd],
      ['of it estimated', task.unknownUsd > 0 ? usd(task.unknownUsd) : undefined, task.unknownUsd],
      ['tokens read', count(task.inputTokens), task.inputTokens],
      ['tokens written', count(task.outputTokens), task.outputTokens],
      ['trace id', task.traceId ?? undefined],
      ['conversation', task.conversationId ?? undefined],
      ...Object.entries(task.facts),
    ]),
    links.length > 0
      ? h(
          'p',
          { className: 'links' },
          ...links.map(({ label, href }) => h('a', { href, text: label, rel: 'noreferrer' })),
        )
      : undefined,
  )
}

function callsOf(task) {
  const list = h('div', { className: 'waterfall' })
  const endMs = Math.max(task.durationMs, ...task.calls.map((call) => call.offsetMs + call.durationMs), 1)
  for (const call of task.calls) list.append(callOf(call, endMs))
  const left = task.callsLeftOut > 0 ? `${plural(task.callsLeftOut, 'call')} more were not kept.` : ''
  return h(
    'section',
    { className: 'panel' },
    h('h2', { text: 'Where did its time and money go?' }),
    h('p', {
      className: 'small quiet',
      text: `${plural(task.calls.length, 'call')} in ${duration(endMs)}, in order of their start. ${left}`,
    }),
    list,
  )
}

function callOf(call, endMs) {
  const isModel = call.kind === 'model'
  const bar = h('i', { className: [call.kind, isBad(call) && 'bad'].filter(Boolean).join(' ') })
  bar.style.left = `${(call.offsetMs / endMs) * 100}%`
  bar.style.width = `${(call.durationMs / endMs) * 100}%`
  const what = h(
    'span',
    { className: 'what' },
    h('span', { className: 'quiet', text: isModel ? 'model' : 'tool' }),
    h('bdi', { className: 'name', text: short(isModel ? call.model : call.tool) }),
    ...chipsOfCall(call),
  )
  const took = h('span', { className: 'took' }, h('data', { value: call.durationMs, text: duration(call.durationMs) }))
  return h(
    'details',
    { className: 'call', open: isBad(call) },
    h('summary', {}, what, h('span', { className: 'track', 'aria-hidden': 'true' }, bar), took),
    errorOf(call),
    facts([
      ['began after', duration(call.offsetMs), call.offsetMs],
      ['fault injected', call.fault ?? undefined],
      ...(isModel ? modelFacts(call) : toolFacts(call)),
      ['span id', call.spanId ?? undefined],
    ]),
    isModel && call.attempts.length > 1 ? attempts(call.attempts) : undefined,
  )
}

const isBad = (call) =>
  call.error !== null || (call.kind === 'tool' ? call.status === 'error' : call.status !== 'completed')
const statusOf = (call) => (call.httpStatus ? `${call.status}, HTTP ${call.httpStatus}` : call.status)

function chipsOfCall(call) {
  const chips = [
    [isBad(call), 'bad', call.kind === 'model' ? statusOf(call) : 'failed'],
    [call.fault !== null, 'bad', 'fault'],
    [call.kind === 'model' && call.attempts.length > 1, '', plural(call.attempts?.length, 'attempt')],
    [call.kind === 'model' && call.decision === 'clamp', 'warn', 'cut'],
    [call.kind === 'model' && call.decision === 'downshift', 'warn', 'cheaper model'],
    [call.kind === 'model' && call.decision === 'block', 'bad', 'blocked'],
    [call.status === 'fallback', 'warn', 'fallback'],
    [call.repairs?.length > 0, '', 'repaired'],
  ]
  return chips.filter(([isSo]) => isSo).map(([, level, text]) => h('span', { className: `chip ${level}`, text }))
}

function errorOf({ error }) {
  if (error === null) return undefined
  const sentence = h('p', {
    className: 'sentence',
    dir: 'auto',
    text: [error.type, error.message].filter(Boolean).join(': '),
  })
  for (const cause of error.causes)
    sentence.append(h('br'), h('span', { className: 'quiet', text: 'because of ' }), cause)
  return sentence
}

function modelFacts(call) {
  const clamp = call.clampedToTokens === null ? '' : ` to ${plural(call.clampedToTokens, 'token')}`
  return [
    ['asked for', call.requestedModel === call.model ? undefined : call.requestedModel],
    ['provider', call.provider],
    ['ended', statusOf(call)],
    ['budget', `${DECISIONS[call.decision] ?? call.decision}${clamp}`],
    ['cost', usd(call.costUsd), call.costUsd],
    ['tokens read', count(call.inputTokens), call.inputTokens],
    [
      'of them from a cache',
      call.cachedInputTokens > 0 ? count(call.cachedInputTokens) : undefined,
      call.cachedInputTokens,
    ],
    ['tokens written', count(call.outputTokens), call.outputTokens],
    ['first token after', call.firstTokenMs === null ? undefined : duration(call.firstTokenMs), call.firstTokenMs],
    ['streamed', call.isStream ? 'yes' : 'no'],
  ]
}

function toolFacts(call) {
  return [
    ['ended', { ok: 'answered', fallback: 'answered by a fallback', error: 'failed' }[call.status] ?? call.status],
    ['answered by', call.answeredBy ?? undefined],
    ['arguments repaired by', call.repairs.length > 0 ? call.repairs.join(', ') : undefined],
    ...call.fallbacks.map(({ tool, error }) => [`${short(tool)} failed`, error]),
  ]
}

function attempts(list) {
  const table = createTable({
    label: 'Attempts',
    size: 'middle',
    keyOf: (attempt) => list.indexOf(attempt),
    empty: '',
    columns: [
      name('attempt', (attempt) => `${list.indexOf(attempt) + 1}: ${attempt.target}`),
      name('model', (attempt) => attempt.model),
      name('outcome', outcomeOfAttempt),
      number('took', (attempt) => attempt.durationMs, duration),
      number('waited after it', (attempt) => attempt.delayMs, duration),
    ],
  })
  table.update(list)
  table.node.className = 'attempts body'
  return table.node
}

function outcomeOfAttempt({ outcome, httpStatus, error }) {
  return [outcome.replaceAll('_', ' '), httpStatus ? `HTTP ${httpStatus}` : '', error ?? ''].filter(Boolean).join(', ')
}

/** Facts that are `undefined` are left out. */
function facts(rows) {
  const list = h('dl', { className: 'facts' })
  for (const [label, text, value] of rows) {
    if (text === undefined) continue
    const shown =
      value === undefined
        ? h('bdi', { className: label.endsWith(' id') ? 'mono' : '', text: text === '' ? NOTHING : text })
        : h('data', { value, text })
    list.append(h('div', {}, h('dt', { text: label }), h('dd', {}, shown)))
  }
  return list
}

function jsonOf(task) {
  const text = JSON.stringify(task, undefined, 2)
  const save = h('a', { text: 'Save', download: `task-${task.id.replace(/[^\w.-]+/g, '_').slice(0, 80)}.json` })
  save.addEventListener('click', () => {
    const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
    save.href = address
    setTimeout(() => URL.revokeObjectURL(address))
  })
  save.href = '#'
  const json = h('pre', { className: 'small', tabindex: '0', text })
  return h(
    'section',
    { className: 'panel' },
    h('details', {}, h('summary', { text: 'As JSON' }), h('p', {}, save), json),
  )
}

export function isWebAddress(href) {
  const address = URL.canParse(href, location.href) ? new URL(href, location.href) : undefined
  return address?.protocol === 'https:' || address?.protocol === 'http:'
}
