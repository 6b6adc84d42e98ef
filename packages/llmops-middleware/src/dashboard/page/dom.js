// Elements are built, never parsed: nothing that a tenant, a tool or a model says can become markup.

/**
 * Builds an element. `text`, `className` and `on` (listeners) are set as such, every other property as an attribute; an
 * attribute that is `undefined` or `false` is left out.
 */
export function h(tag, { text, className, on, ...attributes } = {}, ...children) {
  const node = document.createElement(tag)
  if (text !== undefined) node.textContent = text
  if (className) node.className = className
  for (const [event, listener] of Object.entries(on ?? {})) node.addEventListener(event, listener)
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value)
  node.append(...children.filter((child) => child !== undefined))
  return node
}

/** Touches the document only where something changed, so that a selection, a focus and a screen reader are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

export function setAttribute(node, name, value) {
  if (value === undefined || value === false) node.removeAttribute(name)
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? '' : String(value))
}

/** A figure: what a person reads, and the value that it was made from. */
export function figure(value, text) {
  return setFigure(h('data'), value, text)
}

export function setFigure(node, value, text) {
  setAttribute(node, 'value', value)
  setText(node, text)
  return node
}

/** The rows of each parent that `keep` has filled. */
const kept = new WeakMap()

/**
 * Makes the children of `parent` those of `items`, in their order, and keeps the nodes of items that were there before.
 * `create` gives `{ node, update }`.
 */
export function keep(parent, items, keyOf, create) {
  const before = kept.get(parent) ?? new Map()
  const rows = new Map()
  let place = parent.firstChild
  for (const item of items) {
    const key = keyOf(item)
    if (rows.has(key)) continue
    const row = before.get(key) ?? create(item)
    rows.set(key, row)
    row.update(item)
    if (row.node === place) place = place.nextSibling
    else parent.insertBefore(row.node, place)
  }
  for (const [key, { node }] of before) if (!rows.has(key)) node.remove()
  kept.set(parent, rows)
}

export const byId = (id) => document.getElementById(id)
