// Tables whose rows stay where they are while their figures change.

import { figure, h, keep, setAttribute, setFigure, setText } from './dom.js'
import { short } from './format.js'

/** A name that came from outside, shown as text and in its own direction. */
export const name = (label, read, options = {}) => ({
  label,
  ...options,
  cell() {
    const node = h('bdi', { className: 'name' })
    return {
      node,
      update(item) {
        const text = read(item) ?? ''
        setText(node, text === '' ? '(no name)' : short(text))
        setAttribute(node, 'title', text.length > short(text).length ? short(text) : undefined)
      },
    }
  },
})

export const number = (label, read, write, options = {}) => ({
  label,
  isNumber: true,
  ...options,
  cell() {
    const node = figure(undefined, '')
    return { node, update: (item) => setFigure(node, read(item) ?? undefined, write(read(item))) }
  },
})

/**
 * In a card `isWide` takes a whole line, `isLead` the rest of the first; `isBare` needs no name there. What the cell shows is made by `create(item)`, which gives
 * `{ node, update }`.
 */
export const custom = (label, create, options = {}) => ({ label, ...options, cell: create })

/**
 * The first column names the row. `empty` stands where there is no row. `size` says how much room the table needs before
 * its rows become cards: `small` never, `middle`, `wide`.
 */
export function createTable({ label, columns, keyOf, empty, size = 'small' }) {
  const head = h('tr')
  for (const column of columns) head.append(h('th', { scope: 'col', className: classOf(column), text: column.label }))
  const body = h('tbody')
  const table = h('table', { className: `cards-${size}`, 'aria-label': label }, h('thead', {}, head), body)
  const nothing = h('p', { className: 'empty', text: empty })
  const node = h('div', {}, table, nothing)
  return {
    node,
    update(items) {
      keep(body, items, keyOf, (item) => createRow(columns, item))
      table.hidden = items.length === 0
      nothing.hidden = items.length > 0
    },
  }
}

function createRow(columns, first) {
  const node = h('tr')
  const cells = columns.map((column, place) => {
    const cell = column.cell(first)
    const attributes =
      place === 0 ? { scope: 'row' } : { 'data-label': column.isBare ? undefined : column.label || undefined }
    node.append(h(place === 0 ? 'th' : 'td', { className: classOf(column), ...attributes }, cell.node))
    return cell
  })
  return {
    node,
    update(item) {
      for (const cell of cells) cell.update(item)
    },
  }
}

const classOf = ({ isNumber, isWide, isLead }) =>
  [isNumber && 'number', isWide && 'wide', isLead && 'lead'].filter(Boolean).join(' ')
