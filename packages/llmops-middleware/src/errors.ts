import { describeValue } from './describe-value.ts'
import { readSafely } from './read-safely.ts'

/** The same in every copy of this package: two of them may meet in one process, and `instanceof` knows only its own. */
const IS_OURS = Symbol.for('llmops-middleware.error')

/** A class of error; `code` is that of each of its instances. */
type ErrorClass<Instance> = (abstract new (...parameters: never[]) => Instance) & { readonly code?: string }

/** The parent of every error of this library: `code` is stable, `message` says what to do. */
export abstract class LlmOpsError extends Error {
  static {
    Object.defineProperty(LlmOpsError.prototype, IS_OURS, { value: true })
  }

  abstract readonly code: string

  /** What may be told outside: the message without what functions of the application threw, which may name anything. */
  get publicMessage(): string {
    return this.message
  }

  /** The name of its class, which each class writes out as a static: a minifier would rename the class itself. */
  override get name(): string {
    return this.constructor.name
  }

  /**
   * Whether something is an error of this class, whichever copy of the package made it. A class without a `code`, as
   * an application may derive one, recognises its own instances only.
   *
   * @example if (RepairFailedError.isInstance(error)) show(error.issues)
   */
  static isInstance<Instance extends LlmOpsError>(this: ErrorClass<Instance>, error: unknown): error is Instance {
    // biome-ignore lint/complexity/noThisInStatic: each class recognises its own errors.
    return isOurs(error) && recognises(this, error)
  }
}

function isOurs(error: unknown): error is LlmOpsError {
  return readSafely(error, IS_OURS) === true
}

function recognises(ErrorClass: ErrorClass<unknown>, error: LlmOpsError): boolean {
  if (ErrorClass === LlmOpsError) return true
  return ErrorClass.code === undefined ? error instanceof ErrorClass : error.code === ErrorClass.code
}

/** An option, setting or argument that cannot be used: its path, what is accepted, what came, and what was probably meant. */
export class InvalidOptionError extends LlmOpsError {
  static override readonly name = 'InvalidOptionError'
  static readonly code = 'invalid_option'
  readonly code = InvalidOptionError.code
  /** The path as its user wrote it: `budget.downshift.at`. */
  readonly option: string
  /** The value that was given. */
  declare readonly value: unknown
  /** What the option accepts, in words. */
  readonly accepted: string
  readonly #hint: string | undefined
  readonly #problem: string

  constructor(option: string, value: unknown, accepted: string, hint?: string, problem = problemOf(value, accepted)) {
    super(`\`${option}\` ${problem}.${hint === undefined ? '' : ` ${hint}`}`)
    this.option = option
    // It may be a key in the wrong place, and whoever prints an error prints what can be enumerated.
    Object.defineProperty(this, 'value', { value })
    this.accepted = accepted
    this.#hint = hint
    this.#problem = problem
  }

  /** An option that nobody reads: misspelt, it would silently do nothing. */
  static unknown(option: string, known: readonly string[], hint?: string): InvalidOptionError {
    const accepted = `one of ${known.join(', ')}`
    return new InvalidOptionError(option, undefined, accepted, hint, `is not an option; accepted is ${accepted}`)
  }

  /** The same, saying whose option it is: `tool 'lookup'`. An application has many tools. @internal */
  of(owner: string): InvalidOptionError {
    return new InvalidOptionError(this.option, this.value, this.accepted, this.#hint, `of ${owner} ${this.#problem}`)
  }
}

function problemOf(value: unknown, accepted: string): string {
  return value === undefined ? `is missing; it must be ${accepted}` : `must be ${accepted}, got ${describeValue(value)}`
}
