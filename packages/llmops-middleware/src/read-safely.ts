/** A member of something that anybody may have thrown; undefined where its getter, or a proxy, throws. */
export function readSafely(of: unknown, name: PropertyKey): unknown {
  try {
    return (of as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[name]
  } catch {
    return undefined
  }
}
