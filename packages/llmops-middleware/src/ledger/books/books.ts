import type { Hold, LeaseEnd } from '../ledger.ts'
import type { Period } from '../period.ts'
import type { Account } from './account.ts'

/** Where the bookkeeping of a ledger that decides in this process keeps its records. Nothing else writes them meanwhile. */
export interface Books {
  /** By the ledger's clock; never goes back. */
  nowMs(): number
  findAccount(name: string, period: Period): Account | undefined
  openAccount(name: string, period: Period, nowMs: number): Account
  findHold(id: string): HoldRecord | undefined
  /** Open, or already settled when it is recorded after the fact. */
  addHold(record: HoldRecord): void
  renewHold(record: HoldRecord, leaseMs: number, nowMs: number): void
  /** From now on kept only to recognise what comes late, as long as these books remember. */
  closeHold(record: HoldRecord, state: ClosedState): void
  /** Open holds whose lease has ended. */
  expiredHolds(nowMs: number): readonly HoldRecord[]
  /** A hold reserved later than this cannot have been forgotten. */
  forgottenUntilMs(nowMs: number): number
}

export type HoldRecord = {
  readonly hold: Hold
  /** Index of the offer it was granted for. */
  readonly offer: number
  readonly leaseEnd: LeaseEnd
  leaseMs: number
  leaseEndsAtMs: number
  state: 'open' | ClosedState
}

/** `charged` and `released`: the lease ended first; a settlement still corrects it. */
export type ClosedState = 'settled' | 'charged' | 'released'
