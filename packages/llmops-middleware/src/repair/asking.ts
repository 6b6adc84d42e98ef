import { Meter } from '../meter.ts'
import { notify } from '../notify.ts'
import { currentTask, recordOf } from '../task.ts'
import { realTiming, type Timing } from '../timing.ts'
import { formatUsd, nanosFromUsd } from '../usd.ts'
import { AskTimeout, askWithTimeout } from './ask-with-timeout.ts'
import { checkPlain } from './check-plain.ts'
import { parseJson } from './parse-json.ts'
import { RepairFailedError } from './repair-failed-error.ts'
import type { RepairOptions } from './repair-options.ts'
import { failedPart, type RepairRequest, repairRequest } from './repair-request.ts'
import type { RepairableError } from './repairable-error.ts'
import type { SchemaIssue, Validator } from './schema.ts'

const DEFAULTS = { maxAttempts: 2, maxCharacters: 100_000, timeoutMs: 60_000 }

/** The arguments that need a repair. */
export type Faulty = {
  readonly value: unknown
  readonly issues: readonly SchemaIssue[]
  /** The error of the function, if the schema has accepted the value. */
  readonly refusal?: RepairableError | undefined
}

export type AskingOptions = Omit<RepairOptions, 'schema'> & {
  /** Measures the timeout of the model. @default the real clock */
  readonly timing?: Pick<Timing, 'after' | 'monotonicMs'> | undefined
}

/** Asks a model to repair arguments, within the limits. Every request counts. */
export class Asking {
  readonly #validator: Validator
  readonly #options: AskingOptions
  readonly #meter = new Meter()
  /** All texts that were tried. The same text would fail again. */
  readonly #texts = new Set<unknown>()
  #characters = 0
  #spentMs = 0
  /** How often the model was asked. */
  attempts = 0

  constructor(validator: Validator, args: unknown, options: AskingOptions) {
    this.#validator = validator
    this.#options = options
    this.#texts.add(args)
  }

  /**
   * Returns what to try next: the model's text, or the value with the fields that the model repaired.
   *
   * @throws RepairFailedError if no model may be asked, or a limit is reached.
   */
  async repair(faulty: Faulty): Promise<unknown> {
    const { value, issues, refusal } = faulty
    for (;;) {
      this.#options.signal?.throwIfAborted()
      const attempt = this.attempts + 1
      // First only the failed fields. If the schema refuses the result too, the fault was not in one field. A function
      // always names fields.
      const part = refusal || attempt === 1 ? failedPart(this.#validator.jsonSchema, value, issues) : undefined
      const { schema, failed } = part ?? { schema: this.#validator.jsonSchema, failed: value }
      const { context } = this.#options
      const request = repairRequest(schema, failed, issues, { attempt, context, signal: undefined })
      const stop = this.#whyStop(request)
      if (stop) throw this.#failed(faulty, stop)
      const text = await this.#ask(request, faulty)
      if (!part) return text
      const answer = parseJson(text, { canComplete: this.#options.effect === 'read' })
      if (answer.ok && this.#isUsable(answer.value)) return { ...part.kept, ...only(part.names, answer.value) }
    }
  }

  async #ask(request: RepairRequest, faulty: Faulty): Promise<string> {
    const { askModel, onRepair, signal, timeoutMs = DEFAULTS.timeoutMs, timing = realTiming } = this.#options
    this.attempts = request.attempt
    this.#characters += lengthOf(request)
    notify('onRepair', onRepair, request.attempt, request.issues)
    recordOf(currentTask())?.count('repairs')
    const startedMs = timing.monotonicMs()
    let text: unknown
    try {
      const limits = { signal, timeoutMs: Math.max(1, timeoutMs - this.#spentMs), after: timing.after }
      text = await this.#meter.run(() => askWithTimeout(askModel!, request, limits))
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof AskTimeout) throw this.#failed(faulty, `the model did not answer within ${timeoutMs} ms`)
      throw this.#failed(faulty, `the model could not be asked: ${messageOf(error)}`, error)
    } finally {
      this.#spentMs += timing.monotonicMs() - startedMs
    }
    if (typeof text !== 'string') throw this.#failed(faulty, `the model answered ${typeof text}, not a text`)
    if (this.#texts.has(text)) throw this.#failed(faulty, `the model repeated an answer after ${this.attempts} repairs`)
    this.#texts.add(text)
    return text
  }

  #whyStop(request: RepairRequest): string | undefined {
    const { askModel, maxCostUsd, maxTokens } = this.#options
    const { maxAttempts = DEFAULTS.maxAttempts, maxCharacters = DEFAULTS.maxCharacters } = this.#options
    const { timeoutMs = DEFAULTS.timeoutMs } = this.#options
    if (this.attempts >= maxAttempts && this.attempts > 0) return `after ${this.attempts} repairs by the model`
    if (!askModel || maxAttempts === 0) return 'no model is asked'
    const { costNanos, tokens } = this.#meter
    if (maxCostUsd !== undefined && costNanos >= nanosFromUsd(maxCostUsd)) {
      return `repairs have cost ${formatUsd(maxCostUsd)}, which is maxCostUsd`
    }
    if (maxTokens !== undefined && tokens >= maxTokens)
      return `repairs have used ${maxTokens} tokens, which is maxTokens`
    if (this.#spentMs >= timeoutMs) return `repairs have taken ${timeoutMs} ms, which is timeoutMs`
    const characters = this.#characters + lengthOf(request)
    if (characters > maxCharacters) {
      return `asking would send ${characters} characters in total, and maxCharacters is ${maxCharacters}`
    }
    return undefined
  }

  #failed({ value, issues, refusal }: Faulty, why: string, cause: unknown = refusal): RepairFailedError {
    return new RepairFailedError(issues, value, this.attempts, why, cause)
  }

  #isUsable(answer: unknown): answer is object {
    const { check } = this.#validator
    return typeof answer === 'object' && answer !== null && checkPlain(answer, { names: check?.names }) === undefined
  }
}

function lengthOf({ messages }: RepairRequest): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0)
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500)
}

/** Drops fields that the model was not asked for. */
function only(names: ReadonlySet<string>, answer: object): object {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => names.has(name)))
}
