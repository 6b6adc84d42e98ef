import { describeValue } from './describe-value.ts'
import { readSafely } from './read-safely.ts'

/**
 * The same symbol in every copy of this package. One process may have two copies, and `instanceof` recognises only its
 * own.
 */
const IS_OURS = Symbol.for('llmops-middleware.error')

/** A class of errors. `code` is the code of all its instances. */
type ErrorClass<Instance> = (abstract new (...parameters: never[]) => Instance) & { readonly code?: string }

/** The base class of all errors of this library. `code` is stable, `message` says what to do. */
export abstract class LlmOpsError extends Error {
  static {
    Object.defineProperty(LlmOpsError.prototype, IS_OURS, { value: true })
  }

  abstract readonly code: string

  /** The message for clients outside: without messages of the application's errors, which may contain anything. */
  get publicMessage(): string {
    return this.message
  }

  /** The name of its class. Each class has it as a static, because a minifier would rename the class. */
  override get name(): string {
    return this.constructor.name
  }

  /**
   * Whether a value is an error of this class, from any copy of the package. A class without a static `code`, such as
   * one of an application, recognises only its own instances.
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

/**
 * An option, setting or argument is invalid. The message has its path, what is accepted, the value, and what was
 * probably meant.
 */
export class InvalidOptionError extends LlmOpsError {
  static override readonly name = 'InvalidOptionError'
  static readonly code = 'invalid_option'
  readonly code = InvalidOptionError.code
  /** The path as you wrote it: `budget.downshift.at`. */
  readonly option: string
  /** The value that was passed. */
  declare readonly value: unknown
  /** What the option accepts, in words. */
  readonly accepted: string
  readonly #hint: string | undefined
  readonly #problem: string

  constructor(option: string, value: unknown, accepted: string, hint?: string, problem = problemOf(value, accepted)) {
    super(`\`${option}\` ${problem}.${hint === undefined ? '' : ` ${hint}`}`)
    this.option = option
    // Not enumerable, so that it is not printed with the error: it may be a secret that was passed to the wrong option.
    Object.defineProperty(this, 'value', { value })
    this.accepted = accepted
    this.#hint = hint
    this.#problem = problem
  }

  /** Creates the error for an unknown option, which would have no effect. */
  static unknown(option: string, known: readonly string[], hint?: string): InvalidOptionError {
    const accepted = `one of ${known.join(', ')}`
    return new InvalidOptionError(option, undefined, accepted, hint, `is not an option; accepted is ${accepted}`)
  }

  /** Returns the same error with the owner of the option in the message: `tool 'lookup'`. @internal */
  of(owner: string): InvalidOptionError {
    return new InvalidOptionError(this.option, this.value, this.accepted, this.#hint, `of ${owner} ${this.#problem}`)
  }
}

function problemOf(value: unknown, accepted: string): string {
  return value === undefined ? `is missing; it must be ${accepted}` : `must be ${accepted}, got ${describeValue(value)}`
}
