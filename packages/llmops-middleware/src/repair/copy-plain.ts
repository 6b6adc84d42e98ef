/** As an assignment makes it, save that `__proto__` is a name like any other. */
const FIELD = { configurable: true, enumerable: true, writable: true }

/**
 * A copy of lists and plain objects, at any depth. Dates and other objects of classes stay what they are.
 *
 * @param onCopy called with each that was copied, and its copy.
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

function isPlainHolder(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}
