/** A member of something that anybody may have thrown; undefined where its getter, or a proxy, throws. */
export function readSafely(of: unknown, name: PropertyKey): unknown {
  try {
    return (of as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[name]
  } catch {
    return undefined
  }
}

/** `instanceof` asks a proxy for its prototype, and its trap may throw. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}
