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

/** Parses the reply of reserve.lua. @throws InvalidOptionError when the id belongs to a hold that has ended. */
export function reserveResult(reply: unknown, request: ReserveRequest): ReserveResult {
  const numbers = numbersOf(reply)
  const { id, claims } = request
  switch (numbers[0]) {
    case 1: {
      const [, offer, amount, reservedAtMs] = numbers as [number, number, Nanos, number]
      const paying = payingClaims(numbers, 4, claims)
      const accounts = paying.map((claim) => ({ ...claim, periodStartMs: periodStartMs(claim.period, reservedAtMs) }))
      const hold = { id, amountNanos: amount, reservedAtMs, accounts }
      return { granted: true, offer, hold, accounts: payingStates(numbers, 4, claims) }
    }
    case 0: {
      const [, refusedBy, reason] = numbers as [number, number, number]
      const accounts = payingStates(numbers, 3, claims)
      return { granted: false, refusedBy, reason: reason === 1 ? 'spent' : 'held', accounts }
    }
    default:
      throw new InvalidOptionError('id', id, 'the id of a hold that is open, or a new one')
  }
}

/** Parses the reply of settle.lua. */
export function settleResult(reply: unknown, hold: Hold): SettleResult {
  const [outcome, ...notices] = reply as (number | string)[]
  const crossed: CrossedNotice[] = []
  for (let index = 0; index < notices.length; index += 2) {
    const { account, period } = hold.accounts[Number(notices[index])]!
    crossed.push({ account, period, share: Number(notices[index + 1]) })
  }
  return { outcome: OUTCOMES[Number(outcome)]!, crossed }
}

/** Parses the reply of read.lua. */
export function readResult(reply: unknown, claims: readonly Claim[]): AccountState[] {
  return statesOf(numbersOf(reply), 0, claims)
}

/** Returns the claims, followed by the former accounts that pay as well. */
function payingClaims(numbers: readonly number[], offset: number, claims: readonly Claim[]): readonly Claim[] {
  const first = offset + claims.length * NUMBERS_IN_A_STATE
  if (numbers.length === first) return claims
  const paying = [...claims]
  for (let index = first; index < numbers.length; index += 1 + NUMBERS_IN_A_STATE) {
    const { formerly, period, limitNanos } = claims[numbers[index]!]!
    paying.push({ account: formerly!, period, limitNanos })
  }
  return paying
}

/** Returns the states of the claims and of the former accounts. In the reply, a former account follows its claim's index. */
function payingStates(numbers: readonly number[], offset: number, claims: readonly Claim[]): AccountState[] {
  const paying = payingClaims(numbers, offset, claims)
  const states = statesOf(numbers, offset, claims)
  for (let former = 0; former < paying.length - claims.length; former += 1) {
    const first = offset + claims.length * NUMBERS_IN_A_STATE + former * (1 + NUMBERS_IN_A_STATE)
    states.push(...statesOf(numbers, first + 1, [paying[claims.length + former]!]))
  }
  return states
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

/** Amounts are strings, and with a client's `stringNumbers` all values are. */
function numbersOf(reply: unknown): number[] {
  return (reply as (number | string)[]).map(Number)
}
