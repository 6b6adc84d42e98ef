/** The parent of every error of this library: `code` is stable, `message` says what to do. */
export abstract class LlmOpsError extends Error {
  abstract readonly code: string

  override get name(): string {
    return this.constructor.name
  }
}

/** An option, setting or argument that cannot be used: names it, its value and what is accepted. */
export class InvalidOptionError extends LlmOpsError {
  readonly code = 'invalid_option'
  readonly option: string
  readonly value: unknown
  readonly accepted: string

  constructor(option: string, value: unknown, accepted: string) {
    super(`\`${option}\` is ${describe(value)}; accepted is ${accepted}.`)
    this.option = option
    this.value = value
    this.accepted = accepted
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
