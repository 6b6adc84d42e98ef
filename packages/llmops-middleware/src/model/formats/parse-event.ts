/** The data of a stream's event as an object, empty where it is another value; undefined when it is no JSON. */
export function parseEvent<Shape>(data: string): Shape | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return (typeof value === 'object' && value !== null ? value : {}) as Shape
  } catch {
    return undefined
  }
}
