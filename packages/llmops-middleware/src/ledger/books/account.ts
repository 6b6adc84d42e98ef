import type { Nanos } from '../../usd.ts'
import type { AccountState, Claim } from '../ledger.ts'
import { type Period, periodEndMs, periodStartMs } from '../period.ts'
import {
  createRollingWindow,
  forgetSteps,
  isEmpty,
  oldestSpendLeavesAtMs,
  pullBack,
  type RollingWindow,
  spendInStep,
} from './rolling-window.ts'

/**
 * An account with its current period and the one right before it, which late settlements still reach. `previous` may also
 * be an older period: then it is kept in case the clock was ahead.
 */
export type Account = {
  readonly name: string
  readonly period: Period
  /** A permanent limit that was set at run time; it takes precedence over the configured limit. */
  limitNanos: Nanos | undefined
  current: AccountPeriod
  previous: AccountPeriod | undefined
  /** Whether it has changed since it was last stored. */
  hasChanged: boolean
  /** Whether it returned to an earlier period, so that stored later periods are invalid. */
  hasGoneBack: boolean
}

export type AccountPeriod = {
  readonly startMs: number
  /** Infinite for a rolling window, which has one period that never ends. */
  readonly endMs: number
  spentNanos: number
  /** The part of `spentNanos` that is not known. */
  unknownNanos: number
  heldNanos: number
  openHolds: number
  /** A limit for this period only, with the time at which it ends. */
  limit: { readonly nanos: Nanos; readonly untilMs: number } | undefined
  /** Shares of the limit that were reported, with the time. */
  notices: { readonly share: number; reportedAtMs: number }[]
  /** When a claim of an earlier release was last seen in this period. */
  earlierAtMs: number | undefined
  /** Only for a rolling window. */
  readonly window: RollingWindow | undefined
}

export function createAccount(name: string, period: Period, nowMs: number): Account {
  return {
    name,
    period,
    limitNanos: undefined,
    current: createAccountPeriod(period, nowMs),
    previous: undefined,
    hasChanged: false,
    hasGoneBack: false,
  }
}

export function createAccountPeriod(period: Period, atMs: number): AccountPeriod {
  const isRolling = typeof period === 'object'
  const startMs = isRolling ? 0 : periodStartMs(period, atMs)
  return {
    startMs,
    endMs: isRolling ? Number.POSITIVE_INFINITY : periodEndMs(period, startMs),
    spentNanos: 0,
    unknownNanos: 0,
    heldNanos: 0,
    openHolds: 0,
    limit: undefined,
    notices: [],
    earlierAtMs: undefined,
    window: isRolling ? createRollingWindow(period.rollingMs) : undefined,
  }
}

/** A clock that is set back by more than this was wrong. For a smaller step the ledger waits until the clock catches up. */
export const SMALL_STEP_MS = 300_000

/**
 * Brings the account to the present: opens the period that contains `nowMs`, or moves the rolling window. If a clock that
 * was ahead started a period too early, what was counted in it stays counted after the clock is set back, so that the same
 * money is not available twice.
 */
export function advance(account: Account, nowMs: number): AccountPeriod {
  const { current } = account
  if (current.window !== undefined) {
    pullBack(current.window, nowMs + SMALL_STEP_MS, nowMs)
    const left = forgetSteps(current.window, nowMs)
    current.spentNanos -= left.spentNanos
    current.unknownNanos -= left.unknownNanos
  } else if (nowMs >= current.endMs) {
    account.previous = current
    account.current = createAccountPeriod(account.period, nowMs)
    account.hasChanged = true
  } else if (nowMs < current.startMs - SMALL_STEP_MS) {
    goBack(account, nowMs)
  }
  return account.current
}

function goBack(account: Account, nowMs: number): void {
  const { current: wrong, previous } = account
  const isKnown = previous !== undefined && nowMs >= previous.startMs && nowMs < previous.endMs
  const current = isKnown ? previous : createAccountPeriod(account.period, nowMs)
  for (const early of [wrong, previous]) {
    if (early === undefined || early.startMs <= current.startMs) continue
    current.spentNanos += early.spentNanos
    current.unknownNanos += early.unknownNanos
    current.heldNanos += early.heldNanos
    current.openHolds += early.openHolds
  }
  account.current = current
  account.previous = undefined
  account.hasGoneBack = true
  account.hasChanged = true
}

/** Returns the period that began at `startMs`: the current or the previous one, or undefined if it no longer counts. */
export function periodBegunAt(account: Account, startMs: number): AccountPeriod | undefined {
  const { current, previous } = account
  if (startMs >= current.startMs) return current
  if (previous?.startMs === startMs && previous.endMs === current.startMs) return previous
  if (startMs !== periodStartMs(account.period, current.startMs - 1)) return undefined
  account.previous = createAccountPeriod(account.period, startMs)
  return account.previous
}

/** Whether an earlier release uses this period, so that the former accounts must pay as well. */
export function isOfEarlierRelease({ earlierAtMs, window }: AccountPeriod, nowMs: number): boolean {
  if (earlierAtMs === undefined) return false
  return window === undefined || nowMs < earlierAtMs + window.rollingMs + window.stepMs
}

/** An amount, and the part of it that is not known. Negative where it corrects an earlier amount. */
export type Spend = { readonly spentNanos: number; readonly unknownNanos: number }

/** Adds to the spend of a period. A rolling window counts the amount from `atMs`, the time of the reservation. */
export function spend(period: AccountPeriod, amount: Spend, atMs: number, nowMs: number): void {
  if (amount.spentNanos === 0 && amount.unknownNanos === 0) return
  if (period.window === undefined || spendInStep(period.window, atMs, amount, nowMs)) {
    period.spentNanos += amount.spentNanos
    period.unknownNanos += amount.unknownNanos
  }
}

/** Returns the limit that applies: this period's, else the permanent one, else the configured one. */
export function limitOf(account: Account, period: AccountPeriod, configuredNanos: Nanos, nowMs: number): Nanos {
  const { limit, window } = period
  if (limit !== undefined && (window === undefined || nowMs < limit.untilMs)) return limit.nanos
  return account.limitNanos ?? configuredNanos
}

/** Converts a period of an account into the state that a ledger returns. */
export function stateOf(
  account: Account,
  period: AccountPeriod,
  claim: Claim,
  nowMs: number,
): { -readonly [Field in keyof AccountState]: AccountState[Field] } {
  return {
    account: account.name,
    spentNanos: period.spentNanos as Nanos,
    unknownNanos: Math.max(0, period.unknownNanos) as Nanos,
    heldNanos: period.heldNanos as Nanos,
    openHolds: period.openHolds,
    limitNanos: limitOf(account, period, claim.limitNanos, nowMs),
    resetsAtMs: period.window === undefined ? period.endMs : oldestSpendLeavesAtMs(period.window, nowMs),
  }
}

/**
 * Whether the account can be dropped without a loss: it has no open hold and no limit of its own, neither of its periods
 * counts any more, and no notice has to be remembered to prevent a second one.
 */
export function isForgettable(account: Account, nowMs: number): boolean {
  const { current, previous } = account
  if (account.limitNanos !== undefined || current.openHolds > 0 || (previous?.openHolds ?? 0) > 0) return false
  if (typeof account.period !== 'object') return nowMs >= periodEndMs(account.period, current.endMs)
  const { rollingMs } = account.period
  const isSilent = current.notices.every(({ reportedAtMs }) => nowMs >= reportedAtMs + rollingMs)
  return isSilent && isEmpty(current.window!, nowMs) && (current.limit === undefined || nowMs >= current.limit.untilMs)
}
