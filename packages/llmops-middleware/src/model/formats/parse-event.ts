/** Parses the data of an event as an object, empty for any other value; undefined if it is not JSON. */
export function parseEvent<Shape>(data: string): Shape | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return (typeof value === 'object' && value !== null ? value : {}) as Shape
  } catch {
    return undefined
  }
}
