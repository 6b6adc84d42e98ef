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
 * One account with the periods that still count: late settlements reach the one right before the current. An older one is
 * kept for a clock that turns out to have been ahead.
 */
export type Account = {
  readonly name: string
  readonly period: Period
  /** Set for good at run time; goes before the configured limit. */
  limitNanos: Nanos | undefined
  current: AccountPeriod
  previous: AccountPeriod | undefined
  /** Since it was last stored. */
  hasChanged: boolean
  /** To an earlier period: a later one is none. */
  hasGoneBack: boolean
}

export type AccountPeriod = {
  readonly startMs: number
  /** Infinite for a rolling window, which has one period that never ends. */
  readonly endMs: number
  spentNanos: number
  /** The part of that which nobody knows. */
  unknownNanos: number
  heldNanos: number
  openHolds: number
  /** Set for this period only, and until when. */
  limit: { readonly nanos: Nanos; readonly untilMs: number } | undefined
  /** Shares of the limit already reported, and when. */
  notices: { readonly share: number; reportedAtMs: number }[]
  /** When a claim of an earlier release was last met in it. */
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

/** A clock that is set back further than this has been wrong; less is waited for. */
export const SMALL_STEP_MS = 300_000

/**
 * Brings the account to the present: opens the period that contains `nowMs`, or moves its window on. What was counted
 * in a period that a clock began too early stays counted when that is set back, so that nobody gets the same money twice.
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

/** The period that began at `startMs`: the current one, the one before, or none when it no longer counts. */
export function periodBegunAt(account: Account, startMs: number): AccountPeriod | undefined {
  const { current, previous } = account
  if (startMs >= current.startMs) return current
  if (previous?.startMs === startMs && previous.endMs === current.startMs) return previous
  if (startMs !== periodStartMs(account.period, current.startMs - 1)) return undefined
  account.previous = createAccountPeriod(account.period, startMs)
  return account.previous
}

/** Whether the period is one of an earlier release, whose own accounts it knew nothing of. */
export function isOfEarlierRelease({ earlierAtMs, window }: AccountPeriod, nowMs: number): boolean {
  if (earlierAtMs === undefined) return false
  return window === undefined || nowMs < earlierAtMs + window.rollingMs + window.stepMs
}

/** An amount, and the part of it that nobody knows; below 0 where it corrects another. */
export type Spend = { readonly spentNanos: number; readonly unknownNanos: number }

/** `atMs` is the moment of the reservation: a rolling window counts the amount, or its correction, from then on. */
export function spend(period: AccountPeriod, amount: Spend, atMs: number, nowMs: number): void {
  if (amount.spentNanos === 0 && amount.unknownNanos === 0) return
  if (period.window === undefined || spendInStep(period.window, atMs, amount, nowMs)) {
    period.spentNanos += amount.spentNanos
    period.unknownNanos += amount.unknownNanos
  }
}

/** The limit in force: of this period, else set for good, else configured. */
export function limitOf(account: Account, period: AccountPeriod, configuredNanos: Nanos, nowMs: number): Nanos {
  const { limit, window } = period
  if (limit !== undefined && (window === undefined || nowMs < limit.untilMs)) return limit.nanos
  return account.limitNanos ?? configuredNanos
}

/** A period of an account as a ledger tells it. */
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
 * Nothing is lost by forgetting it: no hold is open, no limit set, no notice still silences the next, and neither of its
 * periods counts any more.
 */
export function isForgettable(account: Account, nowMs: number): boolean {
  const { current, previous } = account
  if (account.limitNanos !== undefined || current.openHolds > 0 || (previous?.openHolds ?? 0) > 0) return false
  if (typeof account.period !== 'object') return nowMs >= periodEndMs(account.period, current.endMs)
  const { rollingMs } = account.period
  const isSilent = current.notices.every(({ reportedAtMs }) => nowMs >= reportedAtMs + rollingMs)
  return isSilent && isEmpty(current.window!, nowMs) && (current.limit === undefined || nowMs >= current.limit.untilMs)
}
