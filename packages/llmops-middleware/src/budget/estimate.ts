import { InvalidOptionError } from '../errors.ts'

/**
 * What is held for a call: its worst case, or what `quantile` of the tenant's own answers on that model stay within.
 * The cap that the provider is asked for is the same.
 */
export type Estimate = 'worstCase' | { readonly quantile: number }

/** Lengths that are remembered of one tenant and model, and how many pairs. */
const WINDOW = 512
const MOST_PAIRS = 5000
/** A new answer moves the quantile little, so it is looked up anew after some. */
const REFRESH_AFTER = 16

/** @throws InvalidOptionError */
export function checkEstimate(estimate: Estimate): Estimate {
  if (estimate === 'worstCase') return estimate
  const quantile = typeof estimate === 'object' && estimate !== null ? estimate.quantile : undefined
  if (typeof quantile === 'number' && quantile >= 0.5 && answersNeeded(quantile) <= WINDOW) return estimate
  throw new InvalidOptionError('estimate', quantile ?? estimate, "'worstCase' or { quantile: from 0.5 to 0.998 }")
}

/**
 * The next answer is longer than the k-th of n earlier ones with probability 1 − k / (n + 1), whatever the distribution,
 * if their order does not matter. So few answers cannot speak for a high quantile.
 */
export function answersNeeded(quantile: number): number {
  return Math.ceil(quantile / (1 - quantile) - 1e-9)
}

/** The output lengths of whole answers, by tenant and model, in this process. */
export class OutputLengths {
  readonly #quantile: number
  readonly #pairs = new Map<string, Lengths>()

  constructor(quantile: number) {
    this.#quantile = quantile
  }

  add(tenant: string, model: string, outputTokens: number): void {
    const key = `${model} ${tenant}`
    let lengths = this.#pairs.get(key)
    if (lengths === undefined) {
      lengths = new Lengths()
      if (this.#pairs.size >= MOST_PAIRS) this.#pairs.delete(this.#pairs.keys().next().value!)
      this.#pairs.set(key, lengths)
    }
    lengths.add(outputTokens)
  }

  /** Undefined until there are enough answers to tell. */
  likely(tenant: string, model: string): number | undefined {
    return this.#pairs.get(`${model} ${tenant}`)?.quantile(this.#quantile)
  }
}

class Lengths {
  /** A ring: the newest replaces the oldest. */
  readonly #tokens: number[] = []
  #next = 0
  #added = 0
  #known: { readonly atAdded: number; readonly tokens: number } | undefined

  add(outputTokens: number): void {
    this.#tokens[this.#next] = outputTokens
    this.#next = (this.#next + 1) % WINDOW
    this.#added += 1
  }

  quantile(quantile: number): number | undefined {
    const count = this.#tokens.length
    if (count < answersNeeded(quantile)) return undefined
    if (this.#known === undefined || this.#added - this.#known.atAdded >= REFRESH_AFTER) {
      const sorted = this.#tokens.toSorted((a, b) => a - b)
      const rank = Math.min(count, Math.ceil((count + 1) * quantile - 1e-9))
      this.#known = { atAdded: this.#added, tokens: sorted[rank - 1]! }
    }
    return this.#known.tokens
  }
}
