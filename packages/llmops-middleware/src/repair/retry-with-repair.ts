import { InvalidOptionError } from '../errors.ts'
import { currentTask } from '../task.ts'
import type { ToolEffect } from '../tool/tool-call.ts'
import { nanosFromUsd, type Usd } from '../usd.ts'
import { parseJson } from './parse-json.ts'
import { RepairFailedError } from './repair-failed-error.ts'
import { repairFreely } from './repair-freely.ts'
import { failedPart, type RepairRequest, repairRequest } from './repair-request.ts'
import { RepairableError } from './repairable-error.ts'
import { compileSchema, type Schema, type SchemaIssue, type Validator } from './schema.ts'

/** Asks a model, and gives its text. Send `request.messages` through a governed client: it pays like any other call. */
export type AskModel = (request: RepairRequest) => Promise<string>

export type RepairOptions = {
  readonly schema: Schema
  /**
   * What calling the function means. For `read`, text that was cut is completed; for the others it is not, at no cost:
   * no bracket, quote or value is added, and arguments that could mean two things are not run.
   * @default 'effect'
   */
  readonly effect?: ToolEffect | undefined
  /** Without it only what costs nothing is tried. */
  readonly askModel?: AskModel | undefined
  /** How often the model is asked at most. Default 2. */
  readonly maxAttempts?: number | undefined
  /** What the asking may cost, as counted by the task it runs in. Default: no cap but the tenant's budget. */
  readonly maxCostUsd?: Usd | undefined
  /** Input and output tokens of the asking together, as counted by the task it runs in. Default: no cap. */
  readonly maxTokens?: number | undefined
  /** What the model should know to mend the arguments, such as what the user asked. */
  readonly context?: string | undefined
  /** Hears of each time that the model is asked. */
  readonly onRepair?: ((attempt: number, issues: readonly SchemaIssue[]) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Calls a function with arguments from a model, mended first: for nothing where that is possible (JSON repair, coercion
 * by the schema), then by asking the model for the failed fields, then for all.
 *
 * @throws RepairFailedError with every issue and the nearest value when the caps are reached. The function did not run.
 * @example
 * await retryWithRepair(bookFlight, '{"seats":"2",}', { schema, askModel })
 */
export async function retryWithRepair<Args, Result>(
  call: (args: Args) => Result | Promise<Result>,
  args: unknown,
  options: RepairOptions,
): Promise<Result> {
  const validator = compileSchema(options.schema)
  const asking = new Asking(validator, options)
  let value = await repairToValid(validator, args, asking)
  for (;;) {
    try {
      return await call(value as Args)
    } catch (error) {
      if (!(error instanceof RepairableError)) throw error
      const mended = await asking.mend(value, error.issues)
      value = await repairToValid(validator, mended, asking)
    }
  }
}

/** Arguments that fit the schema, or RepairFailedError. */
export async function repairArguments(args: unknown, options: RepairOptions): Promise<unknown> {
  const validator = compileSchema(options.schema)
  return repairToValid(validator, args, new Asking(validator, options))
}

async function repairToValid(validator: Validator, args: unknown, asking: Asking): Promise<unknown> {
  let current = args
  let nearest = args
  for (;;) {
    const repaired = await repairFreely(validator, current, asking)
    if (repaired.ok) return repaired.value
    nearest = repaired.value ?? nearest
    current = await asking.mend(nearest, repaired.issues)
  }
}

/** Keeps the caps: every time that the model is asked counts, whatever for. */
class Asking {
  readonly #validator: Validator
  readonly #options: RepairOptions
  readonly #maxAttempts: number
  readonly #before = totalsNow()
  /** Whether what the text lacks may be added: the model's own answers can be cut too. */
  readonly canComplete: boolean
  #attempts = 0

  constructor(validator: Validator, options: RepairOptions) {
    const { maxAttempts = 2, maxCostUsd, maxTokens } = options
    if (!(Number.isInteger(maxAttempts) && maxAttempts >= 0 && maxAttempts <= 10)) {
      throw new InvalidOptionError('maxAttempts', maxAttempts, 'a whole number from 0 to 10')
    }
    if (maxCostUsd !== undefined) nanosFromUsd(maxCostUsd, 'maxCostUsd')
    if (maxTokens !== undefined && !(maxTokens > 0)) {
      throw new InvalidOptionError('maxTokens', maxTokens, 'a number of tokens above 0')
    }
    this.#validator = validator
    this.#options = options
    this.canComplete = options.effect === 'read'
    this.#maxAttempts = maxAttempts
  }

  /** The model's next try at a value: text or parsed. */
  async mend(value: unknown, issues: readonly SchemaIssue[]): Promise<unknown> {
    const { askModel, onRepair, signal, context } = this.#options
    const stop = this.#whyStop()
    if (stop || !askModel) throw new RepairFailedError(issues, value, this.#attempts, stop ?? 'no model is asked')
    signal?.throwIfAborted()
    const attempt = ++this.#attempts
    const { jsonSchema } = this.#validator
    // The failed fields alone first; what is wrong after that was not in one field.
    const part = attempt === 1 ? failedPart(jsonSchema, value, issues) : undefined
    onRepair?.(attempt, issues)
    currentTask()?.count('repairs')
    const request = repairRequest(part?.schema ?? jsonSchema, part?.failed ?? value, issues, {
      attempt,
      context,
      signal,
    })
    const text = await askModel(request)
    // An answer that comes after the end runs nothing.
    signal?.throwIfAborted()
    if (!part) return text
    const mended = parseJson(text, this)
    return mended.ok && isObject(mended.value) ? { ...part.kept, ...mended.value } : value
  }

  #whyStop(): string | undefined {
    if (this.#attempts >= this.#maxAttempts) return `after ${this.#attempts} repairs by the model`
    const { maxCostUsd, maxTokens } = this.#options
    const { costNanos, tokens } = totalsNow()
    if (maxCostUsd !== undefined && costNanos - this.#before.costNanos >= nanosFromUsd(maxCostUsd)) {
      return `repairs have cost their $${maxCostUsd}`
    }
    if (maxTokens !== undefined && tokens - this.#before.tokens >= maxTokens) {
      return `repairs have used their ${maxTokens} tokens`
    }
    return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** What the task has used so far; nothing outside one, where only the attempts are capped. */
function totalsNow(): { readonly costNanos: number; readonly tokens: number } {
  const { costNanos = 0, inputTokens = 0, outputTokens = 0 } = currentTask()?.totals ?? {}
  return { costNanos, tokens: inputTokens + outputTokens }
}
