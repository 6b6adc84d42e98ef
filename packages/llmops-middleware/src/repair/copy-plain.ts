/** Like an assignment, except that `__proto__` is a normal name. */
const FIELD = { configurable: true, enumerable: true, writable: true }

/**
 * Returns a deep copy of lists and plain objects. Dates and other instances of classes are not copied.
 *
 * @param onCopy called with each original and its copy
 */
export function copyPlain(value: unknown, onCopy?: (original: object, copy: object) => void): unknown {
  if (!isPlainHolder(value)) return value
  const copy: object = Array.isArray(value) ? [] : {}
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copy, key, { ...FIELD, value: copyPlain(item, onCopy) })
  }
  onCopy?.(value, copy)
  return copy
}

/** Whether it is a list or a plain object, whose members can be read. */
export function isPlainHolder(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}
