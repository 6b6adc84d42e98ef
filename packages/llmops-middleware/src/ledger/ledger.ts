import { having, where } from '../check.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { Seen } from '../seen.ts'
import type { Nanos } from '../usd.ts'
import type { Period } from './period.ts'

/**
 * Counts money. A ledger only adds and compares whole nano-USD; the budget decides what a call may cost.
 *
 * `reserve` decides and holds in one atomic step, for all claims or for none, so that with any number of callers
 * `spent + held` never passes a limit. Each ledger uses its own clock: the in-memory ledger that of the process, Redis that
 * of the server.
 */
export interface Ledger {
  /** Holds the first offer that every claim can pay, or says which claim cannot. */
  reserve(request: ReserveRequest): MaybePromise<ReserveResult>
  /**
   * Turns a hold into spend; 0 releases it. A second settlement of the same hold changes nothing (`duplicate`). If the
   * lease of the hold has ended, its charge is corrected to the actual amount. The amount counts in the periods in which it
   * was reserved, even after their end: the current and the previous period of an account are kept, and amounts of older
   * periods are dropped.
   *
   * A hold that the ledger has no record of is also counted (`restored`), once: it was reserved before the ledger lost its
   * data, or recorded by a caller while the ledger could not be reached. The exception is a hold so old that it may have
   * been settled and forgotten: that changes nothing (`unknown`). Each ledger documents how long it remembers holds.
   *
   * @param unknownNanos the part of the amount that is not known: an estimate, or what was held. @default 0
   */
  settle(hold: Hold, amountNanos: Nanos, unknownNanos?: Nanos): MaybePromise<SettleResult>
  /**
   * Renews the leases of open holds and skips the others. Returns how many were renewed.
   *
   * @param holds open reservations
   * @param leaseMs how long they last from now, in milliseconds
   */
  renew(holds: readonly Hold[], leaseMs: number): MaybePromise<number>
  /**
   * Returns the accounts in the period that contains `atMs`, by default the current one.
   *
   * @param claims the accounts
   * @param atMs a time in the period, in epoch milliseconds
   */
  read(claims: readonly Claim[], atMs?: number): MaybePromise<readonly AccountState[]>
  /** Overrides the configured limit of an account, for its current period or permanently; undefined removes the override. */
  setLimit(change: LimitChange): MaybePromise<void>
  /** Releases what the ledger holds, such as files and timers. */
  close(): MaybePromise<void>
  /** Calls `listener` for each settlement that the ledger makes on its own, rather than for a call. */
  onSettled?(listener: (result: SettleResult) => void): void
  /** Returns whether a hold that is not renewed ends with its lease. @default every hold does */
  endsByLease?(hold: Hold): boolean
  /** Input sizes by id, shared by the processes on this ledger. @default each process remembers its own */
  readonly seen?: Seen | undefined
  /** Returns a line for `explainGuarantee()`: what a user must know of how this ledger counts, with its numbers. */
  bound?(): string | undefined
}

/** An account that must pay: a scope with an id (`tenant:contoso`), in the current period. */
export type Claim = {
  /** The account: `tenant:contoso`. */
  readonly account: string
  /** The period after which the account resets. */
  readonly period: Period
  /** The configured limit; a limit set with `setLimit` takes precedence. */
  readonly limitNanos: Nanos
  /** Shares of the limit that are reported when they are first crossed, once each per period. */
  readonly noticeShares?: readonly number[]
  /**
   * The account that earlier releases charged instead: the same one for a tenant, and for a scope one that all tenants
   * shared. Claims of earlier releases omit it. While a period runs that was begun by a claim without it, the former
   * account must pay as well: it holds and counts the same amounts.
   */
  readonly formerly?: string
}

/** A request to hold money: on which accounts, how much, and for how long. */
export type ReserveRequest = {
  /**
   * Identifies this hold. A second request with the same id returns the same hold, so that a retry after a lost reply holds
   * once. The id of a hold that was settled or whose lease ended is an error.
   */
  readonly id: string
  /** The accounts that must all be able to pay. At least one. */
  readonly claims: readonly Claim[]
  /** Tried in order; the first offer that every claim can pay is held. */
  readonly offers: readonly Offer[]
  /** Milliseconds after which a hold that is not renewed is resolved by `leaseEnd`. */
  readonly leaseMs: number
  /** How a hold that is not renewed is resolved. */
  readonly leaseEnd: LeaseEnd
  /**
   * While other holds are open on an account, a new hold gets at most this share of what remains, but no less than its
   * floor, so that parallel calls with large caps share a budget and the first few do not hold all of it. 1 turns it off.
   */
  readonly contendedShare: number
  /**
   * What to do if an offer could get more after open holds are released: `clamp` takes what is available, or the next
   * offer; `wait` refuses as `held`, so that the caller can wait for them. @default 'clamp'
   */
  readonly whenHeld?: WhenHeld
}

/** What to do when open holds block a reservation. */
export type WhenHeld = 'clamp' | 'wait'

/** `charge`: the hold of a process that died counts as spent. `release`: it is released. */
export type LeaseEnd = 'charge' | 'release'

/** One way to make a call: its cost, and when the offer is open. */
export type Offer = {
  /** The worst case of the call. An offer of 0 fits past the limit too, unless it is closed by `belowShare`. */
  readonly amountNanos: Nanos
  /** The smallest useful hold: the amount may be clamped down to it. Equal to the amount if it cannot be clamped. */
  readonly floorNanos: Nanos
  /** The offer is open only while every claim has spent less than this share of its limit. */
  readonly belowShare?: number
  /**
   * The offer is open only while each claim can pay its whole amount besides open holds and then has this much left. A
   * closed offer is never waited for: the next one is tried.
   */
  readonly leavesNanos?: Nanos
}

/** A hold, or the claim that cannot pay. */
export type ReserveResult =
  | { readonly granted: true; readonly offer: number; readonly hold: Hold; readonly accounts: readonly AccountState[] }
  | {
      readonly granted: false
      /** Index of the claim that could not pay the last offer, preferably one for which waiting does not help. */
      readonly refusedBy: number
      /** `held`: open holds block the call and may be released; `spent`: only the next period or a higher limit helps. */
      readonly reason: 'spent' | 'held'
      readonly accounts: readonly AccountState[]
    }

/** A hold is plain data, so that it can be written to a journal and settled by another process. */
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

/** An account on which a hold is held. */
export type HeldAccount = Claim & {
  /** The start of its period in epoch milliseconds; for a rolling window the time of the reservation. */
  readonly periodStartMs: number
}

/** What a settlement changed. */
export type SettleResult = {
  /** Whether the hold was known, restored, settled before or unknown. */
  readonly outcome: 'settled' | 'restored' | 'duplicate' | 'unknown'
  /** Notices that this settlement crossed first, among all processes. */
  readonly crossed: readonly CrossedNotice[]
}

/** A share of an account's limit that was crossed. */
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
  /** The part of `spentNanos` that is not known: estimates, and holds of processes that died. */
  readonly unknownNanos: Nanos
  /** Held by open reservations. */
  readonly heldNanos: Nanos
  /** How many reservations are open. */
  readonly openHolds: number
  /** The limit that applies now. */
  readonly limitNanos: Nanos
  /** Epoch milliseconds by the ledger's clock. For a rolling window: when its oldest spend leaves it (now, if none). */
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
  /** `period` takes precedence over `always`. For a rolling window a period is one window length from now. */
  readonly lasts: 'period' | 'always'
}

const METHODS = having<Ledger>('a ledger', 'reserve', 'settle', 'renew', 'read', 'setLimit', 'close')

export const LEDGER = where(METHODS.accepts, METHODS.is, (value) => {
  const isConnection = typeof (value as { evalsha?: unknown } | null)?.evalsha === 'function'
  if (isConnection || (typeof value === 'string' && /^rediss?:/.test(value)))
    return `Did you mean redisLedger(${isConnection ? 'redis' : 'new Redis(url)'}) of 'llmops-middleware/budget/redis'?`
  if (typeof value === 'string') return "Did you mean sqliteLedger(path) of 'llmops-middleware/budget/sqlite'?"
  return METHODS.hint?.(value)
})
