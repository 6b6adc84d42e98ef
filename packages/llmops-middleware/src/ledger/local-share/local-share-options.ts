import { InvalidOptionError } from '../../errors.ts'
import type { Nanos } from '../../usd.ts'
import type { AccountState } from '../ledger.ts'

export type LocalShareOptions = {
  /** The part of what is left of an account that one process takes at a time. Default 0.02. */
  readonly share?: number
  /** A slice that nobody used for so long is given back; one in use is renewed as often. Default 1,000 ms. */
  readonly keepMs?: number
  /** Calls on an account within `keepMs` from which on a slice is worth its round trips. Default 16. */
  readonly busyCalls?: number
}

export type LocalShareSettings = Required<LocalShareOptions> & {
  /** Slices are only taken while spent, held and slice together are below this share of every limit. */
  readonly nearShare: number
}

/** A slice that carries fewer calls than this costs more than it saves. */
const LEAST_CALLS = 16

/** @throws InvalidOptionError naming the option. */
export function readLocalShareOptions(options: LocalShareOptions, nearShare: number): LocalShareSettings {
  const { share = 0.02, keepMs = 1000, busyCalls = 16 } = options
  if (!(share > 0 && share <= 0.25)) throw new InvalidOptionError('localShare.share', share, 'a share above 0, to 0.25')
  checkWhole('localShare.keepMs', keepMs, 50, 60_000)
  checkWhole('localShare.busyCalls', busyCalls, 1, 1_000_000)
  return { share, keepMs, busyCalls, nearShare }
}

/** Undefined when an account is too near its limit for a slice that is of use. */
export function sliceAmount(
  accounts: readonly AccountState[],
  callNanos: Nanos,
  { share, nearShare }: LocalShareSettings,
): Nanos | undefined {
  let amount = Number.POSITIVE_INFINITY
  for (const { limitNanos, spentNanos, heldNanos } of accounts) {
    const taken = spentNanos + heldNanos
    amount = Math.min(amount, Math.floor((limitNanos - taken) * share), Math.floor(limitNanos * nearShare) - taken)
  }
  return amount < callNanos * LEAST_CALLS || amount <= 0 ? undefined : (amount as Nanos)
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
    throw new InvalidOptionError(
      name,
      value,
      `a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}`,
    )
  }
}
