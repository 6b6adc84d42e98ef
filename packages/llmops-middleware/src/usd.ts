import { InvalidOptionError } from './errors.ts'

/** US dollars, as people write them. Only ever at the edge: inside, money is {@link Nanos}. */
export type Usd = number

declare const nanos: unique symbol

/**
 * Integer nano-USD (10⁻⁹ USD), the unit of every ledger: one input token of gpt-4o-mini is 150.
 * A double holds integers exactly up to 2⁵³, so amounts reach $9,007,199.
 */
export type Nanos = number & { readonly [nanos]: true }

export const ZERO = 0 as Nanos

const NANOS_PER_USD = 1e9
/** Floating-point errors are far below this part of a nano-USD. Real fractions of prices are not. */
const FLOAT_NOISE_NANOS = 1e-4

/**
 * Converts US dollars to nano-USD, rounded up, so that holds and charges are never below the price.
 *
 * @throws InvalidOptionError if it is negative, not finite, or above $9,007,199.
 */
export function nanosFromUsd(usd: Usd, name = 'usd'): Nanos {
  const amount = Math.ceil(usd * NANOS_PER_USD - FLOAT_NOISE_NANOS)
  if (!(usd >= 0) || !Number.isSafeInteger(amount)) {
    throw new InvalidOptionError(name, usd, 'an amount of US dollars from 0 to 9,007,199')
  }
  return (amount + 0) as Nanos
}

/** Converts nano-USD to US dollars. */
export function usdFromNanos(amount: Nanos): Usd {
  return amount / NANOS_PER_USD
}

/** Created on first use, because the first format of a process loads locale data for 17 ms. */
let formats: { readonly whole: Intl.NumberFormat; readonly withCents: Intl.NumberFormat } | undefined

/** Formats an amount, exact to the nano-USD and without exponents: `$50`, `$0.50`, `$0.0000001`. */
export function formatUsd(usd: Usd): string {
  formats ??= {
    whole: new Intl.NumberFormat('en-US', { maximumFractionDigits: 9 }),
    withCents: new Intl.NumberFormat('en-US', { maximumFractionDigits: 9, minimumFractionDigits: 2 }),
  }
  return `$${(Number.isInteger(usd) ? formats.whole : formats.withCents).format(usd)}`
}

/** Checks an amount in nano-USD that comes from outside. */
export function checkNanos(amount: number, name: string): Nanos {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new InvalidOptionError(name, amount, 'a whole number of nano-USD from 0 to 2^53 - 1')
  }
  return amount as Nanos
}
