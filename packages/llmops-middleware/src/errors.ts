/** The parent of every error of this library: `code` is stable, `message` says what to do. */
export abstract class LlmOpsError extends Error {
  abstract readonly code: string

  override get name(): string {
    return this.constructor.name
  }
}

/** An option, setting or argument that cannot be used: its path, what is accepted, what came, and what was probably meant. */
export class InvalidOptionError extends LlmOpsError {
  readonly code = 'invalid_option'
  /** The path as its user wrote it: `budget.downshift.at`. */
  readonly option: string
  readonly value: unknown
  readonly accepted: string

  constructor(option: string, value: unknown, accepted: string, hint?: string, problem = problemOf(value, accepted)) {
    super(`\`${option}\` ${problem}.${hint === undefined ? '' : ` ${hint}`}`)
    this.option = option
    this.value = value
    this.accepted = accepted
  }

  /** An option that nobody reads: misspelt, it would silently do nothing. */
  static unknown(option: string, known: readonly string[], hint?: string): InvalidOptionError {
    const accepted = `one of ${known.join(', ')}`
    return new InvalidOptionError(option, undefined, accepted, hint, `is not an option; accepted is ${accepted}`)
  }
}

function problemOf(value: unknown, accepted: string): string {
  return value === undefined ? `is missing; it must be ${accepted}` : `must be ${accepted}, got ${describe(value)}`
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
