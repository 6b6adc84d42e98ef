import type { Nanos, Usd } from '../usd.ts'

/**
 * Prices in integer pico-USD (10⁻¹² USD) a token, so that half a nano-USD a token is exact too: 0.075 USD per million is
 * 75,000. A sum stays exact up to $9,007 a call.
 */
export type Rates = {
  readonly input: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly hourCacheWrite: number
  readonly output: number
}

const PICOS_PER_USD_PER_MILLION = 1e6
export const PICOS_PER_NANO = 1000

export function picosPerToken(usdPerMillion: Usd): number {
  // Rounded up, so that a price below a pico-USD is not free.
  return Math.ceil(usdPerMillion * PICOS_PER_USD_PER_MILLION - 1e-4) + 0
}

export function nanosFromPicos(picos: number): Nanos {
  return Math.ceil(picos / PICOS_PER_NANO) as Nanos
}
