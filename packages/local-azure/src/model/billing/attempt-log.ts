import { appendFileSync } from 'node:fs'
import { billNanos } from './prices.ts'

export type BilledUsage = {
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

/** One HTTP attempt as the provider saw and billed it; `Delivery` says what is billed. */
export type Attempt = AttemptFacts & {
  /** 0 while it is pending, and if no headers were ever sent. */
  readonly status: number
  readonly outcome: 'pending' | 'completed' | 'aborted' | 'cut' | 'refused' | 'failed'
  readonly usage: BilledUsage
  /** Output tokens that were sent: the billed ones without reasoning tokens. */
  readonly deliveredOutputTokens: number
  readonly costNanos: number
}

export type AttemptFacts = {
  readonly id: string
  readonly at: number
  readonly path: string
  /** The model that decides the price. */
  readonly model: string
  /** The name in the request: a deployment, or the model if there are no deployments. */
  readonly deployment: string
  readonly isStream: boolean
  /** From the header `x-stainless-retry-count` of the SDK. */
  readonly retryCount: number
  /** From `user` in the body. */
  readonly tenantHint: string | undefined
  readonly fault: string | undefined
}

export const NOTHING_BILLED: BilledUsage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 }

/** The log is limited, because an agent may run for weeks on the embedded model. */
const MAX_ATTEMPTS = 100_000

/** What each attempt really cost. Accounting tests compare their clients with it. */
export class AttemptLog {
  readonly #attempts = new Map<string, Attempt>()
  readonly #file: string | undefined
  #totalCostNanos = 0

  constructor(file?: string) {
    this.#file = file
  }

  /** In the order in which they arrived. */
  get attempts(): readonly Attempt[] {
    return [...this.#attempts.values()]
  }

  /** The cost of all attempts, also of those that are no longer listed. */
  get totalCostNanos(): number {
    return this.#totalCostNanos
  }

  begin(facts: AttemptFacts): OpenAttempt {
    const pending = { status: 0, outcome: 'pending', usage: NOTHING_BILLED, deliveredOutputTokens: 0, costNanos: 0 }
    this.#attempts.set(facts.id, { ...facts, ...pending } as Attempt)
    if (this.#attempts.size > MAX_ATTEMPTS) this.#attempts.delete(this.#attempts.keys().next().value!)
    let isOpen = true
    return {
      end: (status, outcome, whole = NOTHING_BILLED, generatedTokens = whole.outputTokens) => {
        if (!isOpen) return
        isOpen = false
        const outputTokens = Math.min(whole.outputTokens, generatedTokens)
        const reasoningTokens = Math.min(whole.reasoningTokens, outputTokens)
        const usage = { ...whole, outputTokens, reasoningTokens }
        const costNanos = billNanos(facts.model, usage)
        const deliveredOutputTokens = outcome === 'aborted' && !facts.isStream ? 0 : outputTokens - reasoningTokens
        const ended = { ...facts, status, outcome, usage, deliveredOutputTokens, costNanos }
        this.#totalCostNanos += costNanos
        if (this.#attempts.has(facts.id)) this.#attempts.set(facts.id, ended)
        if (this.#file) appendFileSync(this.#file, `${JSON.stringify(ended)}\n`)
      },
    }
  }
}

export type OpenAttempt = {
  /**
   * Ends the attempt. Later calls have no effect.
   *
   * @param usage The usage of the whole answer. @default none
   * @param generatedTokens The output tokens generated until now. @default all of them
   */
  end(
    status: number,
    outcome: Exclude<Attempt['outcome'], 'pending'>,
    usage?: BilledUsage,
    generatedTokens?: number,
  ): void
}
