import type { Hold, LeaseEnd } from '../ledger.ts'
import type { Period } from '../period.ts'
import type { Account } from './account.ts'

/** The records of a ledger that decides in this process. Nothing else may write them during an operation. */
export interface Books {
  /** Returns the time of the ledger's clock. */
  nowMs(): number
  findAccount(name: string, period: Period): Account | undefined
  openAccount(name: string, period: Period, nowMs: number): Account
  findHold(id: string): HoldRecord | undefined
  /** Adds an open hold, or a settled one that was not recorded before. */
  addHold(record: HoldRecord): void
  renewHold(record: HoldRecord, leaseMs: number, nowMs: number): void
  /** Closes a hold. It is then kept for a while, only to recognise late and repeated settlements. */
  closeHold(record: HoldRecord, state: ClosedState): void
  /** Returns open holds whose lease has ended. */
  expiredHolds(nowMs: number): readonly HoldRecord[]
  /** Holds that were reserved after the returned time are all remembered. */
  forgottenUntilMs(nowMs: number): number
}

export type HoldRecord = {
  readonly hold: Hold
  /** Index of the granted offer. */
  readonly offer: number
  readonly leaseEnd: LeaseEnd
  leaseMs: number
  leaseEndsAtMs: number
  state: 'open' | ClosedState
}

/** `charged` and `released`: the lease ended before a settlement came, which then corrects the charge. */
export type ClosedState = 'settled' | 'charged' | 'released'
