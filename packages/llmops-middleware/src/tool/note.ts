/**
 * Adds a note for the model to a value: at the end of a text, in the member `note` of an object, as the last element of
 * a list. A number, and an object that already has a `note`, are not changed.
 */
export function withNote(value: unknown, note: string): unknown {
  if (typeof value === 'string') return `${value}\n\n[${note}]`
  if (Array.isArray(value)) return [...value, note]
  return isPlainObject(value) && !('note' in value) ? { ...value, note } : value
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
