/** Part of a JSON Schema that cannot be used: the message says which and why. */
export class SchemaError extends Error {
  constructor(pointer: string, problem: string) {
    super(`${pointer === '' ? 'the schema' : pointer} ${problem}`)
  }
}
