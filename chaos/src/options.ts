import { InvalidArgumentError } from 'commander'

/** Parsers of option values: each says what is accepted; commander names the option and the value. */

export function parseProbability(value: string): number {
  return numberIn(value, 0, 1, 'a number from 0 to 1')
}

export function parseRate(value: string): number {
  return numberIn(value, 0.01, 1000, 'requests a second from 0.01 to 1000')
}

export function parseSpeed(value: string): number {
  return numberIn(value, 1, 600, 'a factor from 1 to 600: how many rule seconds pass in a second')
}

export function parseSeed(value: string): number {
  return wholeNumberIn(value, 0, 2 ** 32 - 1)
}

export function parseCalls(value: string): number {
  return wholeNumberIn(value, 1, 10_000)
}

/** A plan of the Premium v3 tier has no more. */
export function parseInstances(value: string): number {
  return wholeNumberIn(value, 1, 30)
}

function wholeNumberIn(value: string, min: number, max: number): number {
  const accepted = `a whole number from ${min} to ${max}`
  const parsed = numberIn(value, min, max, accepted)
  if (!Number.isInteger(parsed)) throw new InvalidArgumentError(`Accepted is ${accepted}.`)
  return parsed
}

function numberIn(value: string, min: number, max: number, accepted: string): number {
  const parsed = value.trim() === '' ? Number.NaN : Number(value)
  if (!(parsed >= min && parsed <= max)) throw new InvalidArgumentError(`Accepted is ${accepted}.`)
  return parsed
}
