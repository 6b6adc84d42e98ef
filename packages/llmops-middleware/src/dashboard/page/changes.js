// What changed: the marks of the charts, in words.

import { byId, h, keep, setText } from './dom.js'
import { roughly, short, timeOf } from './format.js'

const KINDS = {
  start: { letter: '↑', word: 'Started' },
  promotion: { letter: 'P', word: 'Promoted' },
  swap: { letter: 'S', word: 'Swapped' },
  fault: { letter: 'F', word: 'Fault injected' },
  breach: { letter: 'B', word: 'Objective broken' },
}
const SHOWN = 8

const unknownKind = { letter: '?', word: 'Changed' }
const kindOf = (kind) => (Object.hasOwn(KINDS, kind) ? KINDS[kind] : unknownKind)

export const letterOf = (kind) => kindOf(kind).letter
export const titleOf = ({ kind, label }) => `${kindOf(kind).word}: ${short(label)}`

let more

export function showChanges({ marks, freshness: { nowMs } }) {
  const list = byId('changes')
  const keyed = new Map(marks.map((mark) => [`${mark.atMs} ${mark.kind} ${mark.label}`, { ...mark, nowMs }]))
  keep(
    list,
    [...keyed].slice(0, SHOWN),
    ([key]) => key,
    ([, mark]) => {
      const time = h('time', { className: 'quiet' })
      const text = h('span', { className: 'name' })
      const node = h(
        'li',
        { className: mark.kind },
        h('b', { text: letterOf(mark.kind), 'aria-hidden': 'true' }),
        time,
        text,
      )
      return {
        node,
        update([, mark]) {
          setText(time, timeOf(mark.atMs, mark.nowMs))
          setText(text, `${titleOf(mark)}${lengthOf(mark)}`)
        },
      }
    },
  )
  more ??= h('p', { className: 'small quiet' })
  setText(more, moreText(keyed.size))
  list.after(more)
}

function moreText(size) {
  if (size === 0) return 'Nothing was promoted, swapped, broken or injected in this window.'
  return size > SHOWN ? `and ${size - SHOWN} before these` : ''
}

function lengthOf({ atMs, endsAtMs, nowMs }) {
  if (endsAtMs === null) return ''
  return endsAtMs > nowMs ? `, ends in ${roughly(endsAtMs - nowMs)}` : `, for ${roughly(endsAtMs - atMs)}`
}
