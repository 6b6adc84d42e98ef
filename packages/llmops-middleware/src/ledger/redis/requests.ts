import type { Nanos } from '../../usd.ts'
import type { Claim, Hold, LimitChange, ReserveRequest } from '../ledger.ts'
import { periodName } from '../period.ts'
import type { RedisKeys } from './keys.ts'

/** What a script is called with; each script's file says what its arguments mean. */
export type ScriptCall = { readonly keys: string[]; readonly args: (string | number)[] }

export type CallSettings = {
  readonly keys: RedisKeys
  readonly rememberMs: number
  /** Undefined for the server's time. */
  readonly now: (() => number) | undefined
}

export function reserveCall(settings: CallSettings, request: ReserveRequest): ScriptCall {
  const partition = settings.keys.partitionOf(request.claims)
  const { id, leaseMs, leaseEnd, contendedShare, whenHeld = 'clamp', offers } = request
  const args = [...commonArgs(settings), id, leaseMs, leaseEnd, contendedShare, whenHeld, offers.length]
  for (const { amountNanos, floorNanos, belowShare, leavesNanos } of offers) {
    args.push(amountNanos, floorNanos, belowShare ?? '', leavesNanos ?? '')
  }
  for (const { period, limitNanos } of request.claims) args.push(periodName(period), limitNanos)
  return { keys: [settings.keys.hold(partition, id), ...accountKeys(settings, partition, request.claims)], args }
}

export function settleCall(settings: CallSettings, hold: Hold, amountNanos: Nanos, unknownNanos: Nanos): ScriptCall {
  const partition = settings.keys.partitionOf(hold.accounts)
  const args = [...commonArgs(settings), hold.id, amountNanos, hold.reservedAtMs, unknownNanos]
  for (const { period, periodStartMs, limitNanos, noticeShares = [] } of hold.accounts) {
    args.push(periodName(period), periodStartMs, limitNanos, noticeShares.join(','))
  }
  return { keys: [settings.keys.hold(partition, hold.id), ...accountKeys(settings, partition, hold.accounts)], args }
}

/** The holds are of one partition. */
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

/** The claims are of one partition. */
export function readCall(
  settings: CallSettings,
  partition: string,
  claims: readonly Claim[],
  atMs: number | undefined,
): ScriptCall {
  const args = [...commonArgs(settings), atMs ?? '']
  for (const { period, limitNanos } of claims) args.push(periodName(period), limitNanos)
  return { keys: accountKeys(settings, partition, claims), args }
}

export function setLimitCall(settings: CallSettings, change: LimitChange): ScriptCall {
  const args = [...commonArgs(settings), periodName(change.period), change.limitNanos ?? '', change.lasts]
  return { keys: accountKeys(settings, settings.keys.partitionOf([change]), [change]), args }
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
