/** The data of a stream's event as an object; undefined when it is malformed. */
export function parseEvent<Shape>(data: string): Shape | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? (value as Shape) : undefined
  } catch {
    return undefined
  }
}
