import { having } from '../check.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { Seen } from '../seen.ts'
import type { Nanos } from '../usd.ts'
import type { Period } from './period.ts'

/**
 * Where money is counted. A ledger only adds and compares whole nano-USD; what a call may cost is decided above it.
 *
 * `reserve` decides and holds in one atomic step, for every claim or for none, so that with any number of callers
 * `spent + held` never passes a limit. Time is the ledger's own: of the process for memory, of the server for Redis.
 */
export interface Ledger {
  /** Holds the first offer that every claim can pay, or says which claim cannot. */
  reserve(request: ReserveRequest): MaybePromise<ReserveResult>
  /**
   * Turns a hold into spend; 0 releases it. The second settlement of a hold changes nothing (`duplicate`). A hold whose
   * lease ended is corrected to the true amount. It counts in the periods it was reserved in, even after their end:
   * the current and the previous period of an account are kept, what is older is no longer counted anywhere.
   *
   * A hold the ledger has no record of is counted too (`restored`), once: it was reserved before the ledger lost its
   * data, or written down by a caller while the ledger could not be reached. The exception is a hold so old that it may
   * have been settled and forgotten: that changes nothing (`unknown`). Each ledger says how long it remembers.
   *
   * @param unknownNanos the part of the amount that nobody knows: an estimate, or what was held. @default 0
   */
  settle(hold: Hold, amountNanos: Nanos, unknownNanos?: Nanos): MaybePromise<SettleResult>
  /**
   * Renews the leases; holds that are gone are skipped. Gives how many were renewed.
   *
   * @param holds open reservations
   * @param leaseMs how long they last from now, in milliseconds
   */
  renew(holds: readonly Hold[], leaseMs: number): MaybePromise<number>
  /**
   * The accounts in the period that contains `atMs` (epoch milliseconds; the current one if left out).
   *
   * @param claims the accounts
   * @param atMs a moment of the period, in epoch milliseconds
   */
  read(claims: readonly Claim[], atMs?: number): MaybePromise<readonly AccountState[]>
  /** Replaces the configured limit of an account, for its current period or for good; undefined takes it back. */
  setLimit(change: LimitChange): MaybePromise<void>
  /** Releases what the ledger holds, such as files and timers. */
  close(): MaybePromise<void>
  /** Of a ledger that settles something by itself, beside the calls: `listener` is told of each such settlement. */
  onSettled?(listener: (result: SettleResult) => void): void
  /** Whether a hold that is not renewed ends with its lease. Default: each does. */
  endsByLease?(hold: Hold): boolean
  /** Where the processes that share this ledger remember how much input stands behind ids. Default: each its own. */
  readonly seen?: Seen | undefined
  /** What a user must know of how this ledger counts, with its numbers: a line of `explainGuarantee()`. */
  bound?(): string | undefined
}

/** One account that must pay: a scope with an id (`tenant:contoso`), in the current period. */
export type Claim = {
  /** The account: `tenant:contoso`. */
  readonly account: string
  /** How long the account counts before it starts again. */
  readonly period: Period
  /** The configured limit; one set with `setLimit` goes before it. */
  readonly limitNanos: Nanos
  /** Shares of the limit whose first crossing is reported, once each in a period. */
  readonly noticeShares?: readonly number[]
  /**
   * The account that earlier releases charged in place of this one: of a tenant the same, of a scope one that all tenants
   * shared. Earlier releases leave it out. While a period runs that a claim without it began, the former account must pay
   * too, is held with, and counts what is settled.
   */
  readonly formerly?: string
}

/** What is to be held, on which accounts and for how long. */
export type ReserveRequest = {
  /**
   * Unique to this hold. The same id again gives the same hold, so that a retry after a lost answer holds once; the id
   * of a hold that was settled or whose lease ended is an error.
   */
  readonly id: string
  /** All must pay in the same step. At least one. */
  readonly claims: readonly Claim[]
  /** Tried in order; the first that every claim can pay is held. */
  readonly offers: readonly Offer[]
  /** A hold that is not renewed for so long is resolved by `leaseEnd`. */
  readonly leaseMs: number
  /** What happens to a hold that is not renewed. */
  readonly leaseEnd: LeaseEnd
  /**
   * While other money is held on an account, one hold gets at most this share of what remains, but never less than
   * its floor: parallel calls with a large cap share a budget instead of the first few pinning it. 1 turns it off.
   */
  readonly contendedShare: number
  /**
   * Where an offer would get more if open holds gave back: `clamp` makes do with what is there, or with the next offer;
   * `wait` refuses as `held`, so that the caller can wait for them. @default 'clamp'
   */
  readonly whenHeld?: WhenHeld
}

/** What happens when open holds are in the way of a reservation. */
export type WhenHeld = 'clamp' | 'wait'

/** `charge`: what a dead process held counts as spent. `release`: it is given back. */
export type LeaseEnd = 'charge' | 'release'

/** One way to make a call: what it may cost, and when it is open. */
export type Offer = {
  /** The worst case of the call. What costs 0 takes nothing from anybody: it fits past the limit too, unless it is closed. */
  readonly amountNanos: Nanos
  /** The least that is of use: the hold may be clamped down to it. Equal to the amount when it cannot be. */
  readonly floorNanos: Nanos
  /** Open only while every claim has spent less than this share of its limit. */
  readonly belowShare?: number
  /**
   * Open only while each claim can pay the whole amount beside open holds and has so much left then. Nobody waits for it:
   * where it is not open the next offer is tried.
   */
  readonly leavesNanos?: Nanos
}

/** A hold, or the claim that cannot pay. */
export type ReserveResult =
  | { readonly granted: true; readonly offer: number; readonly hold: Hold; readonly accounts: readonly AccountState[] }
  | {
      readonly granted: false
      /** Index of the claim that could not pay the last offer; if several could not, of one that waiting cannot help. */
      readonly refusedBy: number
      /** `held`: open holds are in the way and may give back; `spent`: only the next period or a higher limit helps. */
      readonly reason: 'spent' | 'held'
      readonly accounts: readonly AccountState[]
    }

/** Plain data: it can be journaled and settled by another process. */
export type Hold = {
  /** The id of the reservation. */
  readonly id: string
  /** How much is held. */
  readonly amountNanos: Nanos
  /** Epoch milliseconds by the ledger's clock. */
  readonly reservedAtMs: number
  /** The accounts that it is held on. */
  readonly accounts: readonly HeldAccount[]
}

/** `periodStartMs` is epoch milliseconds; for a rolling window the moment of the reservation. */
export type HeldAccount = Claim & {
  /** When its period began, in epoch milliseconds. */
  readonly periodStartMs: number
}

/** What a settlement changed. */
export type SettleResult = {
  /** Whether the hold was known, restored, settled before or unknown. */
  readonly outcome: 'settled' | 'restored' | 'duplicate' | 'unknown'
  /** Notices that the spend has passed and that no settlement of any process reported before. */
  readonly crossed: readonly CrossedNotice[]
}

/** A share of the limit of an account that was passed. */
export type CrossedNotice = {
  /** The account. */
  readonly account: string
  /** Its period. */
  readonly period: Period
  /** The share of the limit. */
  readonly share: number
}

/** What an account has spent and holds, as the ledger counts it. */
export type AccountState = {
  /** The account: `tenant:contoso`. */
  readonly account: string
  /** Spent in the current period. */
  readonly spentNanos: Nanos
  /** The part of what was spent that is charged without being known, holds of dead processes among it. */
  readonly unknownNanos: Nanos
  /** Held by open reservations. */
  readonly heldNanos: Nanos
  /** How many reservations are open. */
  readonly openHolds: number
  /** The limit in force. */
  readonly limitNanos: Nanos
  /** Epoch milliseconds by the ledger's clock; for a rolling window when the oldest spend leaves it (now, if none). */
  readonly resetsAtMs: number
}

/** A new limit of an account. */
export type LimitChange = {
  /** The account: `tenant:contoso`. */
  readonly account: string
  /** Its period. */
  readonly period: Period
  /** The new limit; undefined restores the configured one. */
  readonly limitNanos: Nanos | undefined
  /** `period` goes before `always`. For a rolling window a period lasts one window from now. */
  readonly lasts: 'period' | 'always'
}

export const LEDGER = having<Ledger>('a ledger', 'reserve', 'settle', 'renew', 'read', 'setLimit', 'close')
