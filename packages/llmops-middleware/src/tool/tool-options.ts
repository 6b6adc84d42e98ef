import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidOptionError } from '../errors.ts'
import type { AskModel } from '../repair/retry-with-repair.ts'
import { compileSchema, type Schema, type Validator } from '../repair/schema.ts'
import type { Usd } from '../usd.ts'
import type { ToolContext } from './run-chain.ts'
import type { ToolEffect } from './tool-call.ts'
import { checkTimeout } from './tool-fallback-chain.ts'

/** The arguments that a schema gives: inferred from a Standard Schema, your word for it with a JSON Schema. */
// biome-ignore lint/suspicious/noExplicitAny: a JSON Schema says nothing to TypeScript, and `unknown` would refuse every function.
export type ArgumentsOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : any

export type ToolOptions<S extends Schema = Schema, Result = unknown> = {
  /** Letters, digits, `_` and `-`, up to 64: what providers accept. */
  readonly name: string
  /** What it does and when to use it: the model reads this. */
  readonly description: string
  /** JSON Schema, or any Standard Schema that can say itself as JSON Schema. */
  readonly parameters: S
  /**
   * What calling it means. An effect is never repeated once it may have happened, and never runs on arguments that may
   * have been cut. Say `read` for a tool that changes nothing; `fallbacks` require one or the other to be said.
   * @default 'effect'
   */
  readonly effect?: ToolEffect
  readonly run: (args: ArgumentsOf<S>, context: ToolContext) => Result | Promise<Result>
  /** Who answers, in this order, while those before cannot be reached. */
  readonly fallbacks?: readonly ((args: ArgumentsOf<S>, context: ToolContext) => Result | Promise<Result>)[]
  /** For each function. Default 30,000 ms. */
  readonly timeoutMs?: number
  /**
   * How many calls of it run at once; more wait, in order. A function that timed out and still runs counts: one that does
   * not end with its signal keeps its place.
   * @default no limit
   */
  readonly maxConcurrent?: number
  /** The longest result, as JSON. Default 1 MiB. */
  readonly maxResultBytes?: number
  readonly repair?: ToolRepairOptions
}

export type ToolRepairOptions = {
  /** Asks a model to mend arguments that nothing free could mend. */
  readonly askModel?: AskModel
  /** Default 2. */
  readonly maxAttempts?: number
  readonly maxCostUsd?: Usd
  /** Input and output tokens of the asking together. */
  readonly maxTokens?: number
}

export type ToolSettings = {
  readonly effect: ToolEffect
  readonly timeoutMs: number
  readonly maxConcurrent: number
  readonly maxResultBytes: number
  readonly validator: Validator
}

const EFFECTS: readonly ToolEffect[] = ['read', 'idempotent', 'effect']

/** @throws InvalidOptionError naming the option that cannot be used. */
export function readToolOptions(options: ToolOptions<Schema, unknown>): ToolSettings {
  const { name, description, effect = 'effect', run, fallbacks = [], timeoutMs = 30_000 } = options
  const { maxConcurrent = Number.POSITIVE_INFINITY, maxResultBytes = 1024 * 1024 } = options
  if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name)) {
    throw new InvalidOptionError('name', name, 'up to 64 letters, digits, _ and -')
  }
  if (typeof description !== 'string' || description === '') {
    throw new InvalidOptionError(
      `description of tool '${name}'`,
      description,
      'a text that tells a model when to use it',
    )
  }
  if (!EFFECTS.includes(effect)) throw new InvalidOptionError('effect', effect, `one of ${EFFECTS.join(', ')}`)
  if (options.effect === undefined && fallbacks.length > 0) {
    const accepted = `'read' if asking another function repeats nothing, else 'idempotent' or 'effect'`
    throw new InvalidOptionError(`effect of tool '${name}', which has fallbacks`, undefined, accepted)
  }
  for (const each of [run, ...fallbacks]) {
    if (typeof each !== 'function') throw new InvalidOptionError('run and fallbacks', each, 'functions')
  }
  checkTimeout(timeoutMs)
  if (!(maxConcurrent >= 1)) throw new InvalidOptionError('maxConcurrent', maxConcurrent, 'a number from 1')
  if (!(maxResultBytes >= 1)) throw new InvalidOptionError('maxResultBytes', maxResultBytes, 'a number of bytes from 1')
  const validator = compileSchema(options.parameters)
  if (!validator.jsonSchema) {
    throw new InvalidOptionError('parameters', options.parameters, 'a schema that can say itself as JSON Schema')
  }
  return { effect, timeoutMs, maxConcurrent, maxResultBytes, validator }
}
