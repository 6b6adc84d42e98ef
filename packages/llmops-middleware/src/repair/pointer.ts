/** Part of a value by the keys that lead to it, as a JSON Pointer (RFC 6901): `/items/0/price`. */
export function pointerTo(...keys: readonly (string | number)[]): string {
  return keys.map((key) => `/${escaped(String(key))}`).join('')
}

function escaped(key: string): string {
  return /[~/]/.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key
}

export function keysOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What stands there; undefined when nothing does. Keys that an object inherits lead nowhere. */
export function valueAt(value: unknown, pointer: string): unknown {
  return keysOf(pointer).reduce<unknown>(memberOf, value)
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}
