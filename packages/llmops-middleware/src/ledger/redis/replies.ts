import { InvalidOptionError } from '../../errors.ts'
import type { Nanos } from '../../usd.ts'
import type {
  AccountState,
  Claim,
  CrossedNotice,
  Hold,
  ReserveRequest,
  ReserveResult,
  SettleResult,
} from '../ledger.ts'
import { periodStartMs } from '../period.ts'

const NUMBERS_IN_A_STATE = 6
const OUTCOMES = [undefined, 'settled', 'restored', 'duplicate', 'unknown'] as const

/** What reserve.lua answered. @throws InvalidOptionError when the id is of a hold that has ended. */
export function reserveResult(reply: unknown, request: ReserveRequest): ReserveResult {
  const numbers = numbersOf(reply)
  const { id, claims } = request
  switch (numbers[0]) {
    case 1: {
      const [, offer, amount, reservedAtMs] = numbers as [number, number, Nanos, number]
      const accounts = claims.map((claim) => ({ ...claim, periodStartMs: periodStartMs(claim.period, reservedAtMs) }))
      const hold = { id, amountNanos: amount, reservedAtMs, accounts }
      return { granted: true, offer, hold, accounts: statesOf(numbers, 4, claims) }
    }
    case 0: {
      const [, refusedBy, reason] = numbers as [number, number, number]
      const accounts = statesOf(numbers, 3, claims)
      return { granted: false, refusedBy, reason: reason === 1 ? 'spent' : 'held', accounts }
    }
    default:
      throw new InvalidOptionError('id', id, 'the id of a hold that is open, or a new one')
  }
}

/** What settle.lua answered. */
export function settleResult(reply: unknown, hold: Hold): SettleResult {
  const [outcome, ...notices] = reply as (number | string)[]
  const crossed: CrossedNotice[] = []
  for (let index = 0; index < notices.length; index += 2) {
    const { account, period } = hold.accounts[Number(notices[index])]!
    crossed.push({ account, period, share: Number(notices[index + 1]) })
  }
  return { outcome: OUTCOMES[Number(outcome)]!, crossed }
}

/** What read.lua answered. */
export function readResult(reply: unknown, claims: readonly Claim[]): AccountState[] {
  return statesOf(numbersOf(reply), 0, claims)
}

function statesOf(numbers: readonly number[], offset: number, claims: readonly Claim[]): AccountState[] {
  return claims.map(({ account }, index) => {
    const first = offset + index * NUMBERS_IN_A_STATE
    return {
      account,
      spentNanos: numbers[first] as Nanos,
      heldNanos: numbers[first + 1] as Nanos,
      openHolds: numbers[first + 2]!,
      limitNanos: numbers[first + 3] as Nanos,
      resetsAtMs: numbers[first + 4]!,
      unknownNanos: numbers[first + 5] as Nanos,
    }
  })
}

/** Amounts come as text, and with a client's `stringNumbers` everything does. */
function numbersOf(reply: unknown): number[] {
  return (reply as (number | string)[]).map(Number)
}
