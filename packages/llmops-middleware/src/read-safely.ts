/** Returns a member of any value; undefined if a getter or a proxy throws. */
export function readSafely(of: unknown, name: PropertyKey): unknown {
  try {
    return (of as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[name]
  } catch {
    return undefined
  }
}

/** Whether a value is an Error. `instanceof` may throw for a proxy. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}
