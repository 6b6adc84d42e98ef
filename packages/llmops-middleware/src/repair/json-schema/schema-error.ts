/** A part of a JSON Schema cannot be used. The message says which and why. */
export class SchemaError extends Error {
  constructor(pointer: string, problem: string) {
    super(`${pointer === '' ? 'the schema' : pointer} ${problem}`)
  }
}
