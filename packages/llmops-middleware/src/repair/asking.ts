import { notify } from '../notify.ts'
import { currentTask, recordOf } from '../task.ts'
import { formatUsd, nanosFromUsd } from '../usd.ts'
import { checkPlain } from './check-plain.ts'
import { parseJson } from './parse-json.ts'
import { RepairFailedError } from './repair-failed-error.ts'
import type { RepairOptions } from './repair-options.ts'
import { failedPart, repairRequest } from './repair-request.ts'
import type { RepairableError } from './repairable-error.ts'
import type { JsonSchema, SchemaIssue, Validator } from './schema.ts'

/** Asks a model to repair arguments, and keeps the caps: each time counts, whatever it is asked for. */
export class Asking {
  readonly #jsonSchema: JsonSchema | undefined
  readonly #options: Omit<RepairOptions, 'schema'>
  readonly #before = totalsNow()
  /** Whether what a text lacks may be added: the model's own answers can be cut too. */
  readonly canComplete: boolean
  /** How often the model was asked. */
  attempts = 0

  constructor({ jsonSchema }: Validator, options: Omit<RepairOptions, 'schema'>) {
    this.#jsonSchema = jsonSchema
    this.#options = options
    this.canComplete = options.effect === 'read'
  }

  /**
   * What to try next: the model's text, or the value with other fields in place of those that it was asked for.
   *
   * @param refusal of the function, when the schema has accepted the value.
   * @throws RepairFailedError when no model may be asked, or not any more.
   */
  async repair(value: unknown, issues: readonly SchemaIssue[], refusal?: RepairableError): Promise<unknown> {
    const { askModel, onRepair, signal, context } = this.#options
    for (;;) {
      signal?.throwIfAborted()
      const stop = this.#whyStop()
      if (stop || !askModel) {
        throw new RepairFailedError(issues, value, this.attempts, stop ?? 'no model is asked', refusal)
      }
      const attempt = ++this.attempts
      // The failed fields alone first. What the schema refuses after that was not in one field; a function names fields.
      const part = refusal || attempt === 1 ? failedPart(this.#jsonSchema, value, issues) : undefined
      notify('onRepair', onRepair, attempt, issues)
      recordOf(currentTask())?.count('repairs')
      const { schema, failed } = part ?? { schema: this.#jsonSchema, failed: value }
      const text = await askModel(repairRequest(schema, failed, issues, { attempt, context, signal }))
      if (!part) return text
      const answer = parseJson(text, this)
      if (answer.ok && isUsable(answer.value)) return { ...part.kept, ...only(part.names, answer.value) }
    }
  }

  #whyStop(): string | undefined {
    const { maxAttempts = 2, maxCostUsd, maxTokens } = this.#options
    if (this.attempts >= maxAttempts) return `after ${this.attempts} repairs by the model`
    const { costNanos, tokens } = totalsNow()
    if (maxCostUsd !== undefined && costNanos - this.#before.costNanos >= nanosFromUsd(maxCostUsd)) {
      return `repairs have cost their ${formatUsd(maxCostUsd)}`
    }
    if (maxTokens !== undefined && tokens - this.#before.tokens >= maxTokens) {
      return `repairs have used their ${maxTokens} tokens`
    }
    return undefined
  }
}

function isUsable(answer: unknown): answer is object {
  return typeof answer === 'object' && answer !== null && checkPlain(answer) === undefined
}

/** What the model was not asked for stays as it was, whatever it says. */
function only(names: ReadonlySet<string>, answer: object): object {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => names.has(name)))
}

/** What the task has used so far; nothing outside one, where only the attempts are capped. */
function totalsNow(): { readonly costNanos: number; readonly tokens: number } {
  const { costNanos = 0, inputTokens = 0, outputTokens = 0 } = currentTask()?.totals ?? {}
  return { costNanos, tokens: inputTokens + outputTokens }
}
