import type { Nanos } from '../../usd.ts'
import { formerAccounts } from '../former-accounts.ts'
import type { Claim, Hold, LimitChange, ReserveRequest } from '../ledger.ts'
import { isZonedPeriod, type Period, periodEndMs, periodName, periodStartMs } from '../period.ts'
import type { ZonedPeriod } from '../zoned-calendar.ts'
import type { RedisKeys } from './keys.ts'

/** The keys and arguments of a script; each script's file documents them. */
export type ScriptCall = { readonly keys: string[]; readonly args: (string | number)[] }

export type CallSettings = {
  readonly keys: RedisKeys
  readonly rememberMs: number
  /** Undefined to use the server's time. */
  readonly now: (() => number) | undefined
  /** The server's time in epoch milliseconds, as far as it is known; it decides which periods of a time zone are sent. */
  readonly aroundMs: number
}

export function reserveCall(settings: CallSettings, request: ReserveRequest): ScriptCall {
  const { claims } = request
  const formers = formerAccounts(claims)
  const accounts = formers.length === 0 ? claims : [...claims, ...formers]
  const partition = settings.keys.partitionOf(accounts)
  const { id, leaseMs, leaseEnd, contendedShare, whenHeld = 'clamp', offers } = request
  const args = [...commonArgs(settings), id, leaseMs, leaseEnd, contendedShare, whenHeld, offers.length]
  for (const { amountNanos, floorNanos, belowShare, leavesNanos } of offers) {
    args.push(amountNanos, floorNanos, belowShare ?? '', leavesNanos ?? '')
  }
  for (const { account, formerly, period, limitNanos } of claims) {
    const former = formerly === undefined ? '' : formerly === account ? 'same' : 'other'
    args.push(periodArgument(settings, period), limitNanos, former)
  }
  return { keys: [settings.keys.hold(partition, id), ...accountKeys(settings, partition, accounts)], args }
}

export function settleCall(settings: CallSettings, hold: Hold, amountNanos: Nanos, unknownNanos: Nanos): ScriptCall {
  const partition = settings.keys.partitionOf(hold.accounts)
  const args = [...commonArgs(settings), hold.id, amountNanos, hold.reservedAtMs, unknownNanos]
  for (const { period, periodStartMs, limitNanos, noticeShares = [] } of hold.accounts) {
    args.push(periodArgument(settings, period), periodStartMs, limitNanos, noticeShares.join(','))
  }
  return { keys: [settings.keys.hold(partition, hold.id), ...accountKeys(settings, partition, hold.accounts)], args }
}

/** All holds must be in one partition. */
export function renewCall(
  settings: CallSettings,
  partition: string,
  holds: readonly Hold[],
  leaseMs: number,
): ScriptCall {
  const keys: string[] = []
  const args = [...commonArgs(settings), leaseMs]
  for (const { id, accounts } of holds) {
    keys.push(settings.keys.hold(partition, id), ...accountKeys(settings, partition, accounts))
    args.push(id, accounts.length)
  }
  return { keys, args }
}

/** All claims must be in one partition. */
export function readCall(
  settings: CallSettings,
  partition: string,
  claims: readonly Claim[],
  atMs: number | undefined,
): ScriptCall {
  const args = [...commonArgs(settings), atMs ?? '']
  for (const { period, limitNanos } of claims) args.push(periodArgument(settings, period, atMs), limitNanos)
  return { keys: accountKeys(settings, partition, claims), args }
}

export function setLimitCall(settings: CallSettings, change: LimitChange): ScriptCall {
  const args = [...commonArgs(settings), periodArgument(settings, change.period), change.limitNanos ?? '', change.lasts]
  return { keys: accountKeys(settings, settings.keys.partitionOf([change]), [change]), args }
}

/** Returns a period's name. For a time zone, which the server does not know, the starts of the periods around now follow. */
function periodArgument({ aroundMs }: CallSettings, period: Period, atMs?: number): string {
  if (!isZonedPeriod(period)) return periodName(period)
  const starts = startsAround(period, aroundMs)
  if (atMs !== undefined) starts.push(periodStartMs(period, atMs), periodEndMs(period, periodStartMs(period, atMs)))
  return `${period}|${[...new Set(starts)].sort((one, other) => one - other).join(',')}`
}

/**
 * Returns the starts of the previous, current and next two periods, because clocks differ and a key expires after the
 * period that follows its own.
 */
function startsAround(period: ZonedPeriod, atMs: number): number[] {
  const startMs = periodStartMs(period, atMs)
  const nextMs = periodEndMs(period, startMs)
  return [periodStartMs(period, startMs - 1), startMs, nextMs, periodEndMs(period, nextMs)]
}

function commonArgs({ now, rememberMs }: CallSettings): (string | number)[] {
  return [now === undefined ? '' : Math.floor(now()), rememberMs]
}

function accountKeys(
  { keys }: CallSettings,
  partition: string,
  accounts: readonly Pick<Claim, 'account' | 'period'>[],
): string[] {
  return accounts.flatMap(({ account, period }) => [
    keys.account(partition, account, period),
    keys.leases(partition, account, period),
  ])
}
