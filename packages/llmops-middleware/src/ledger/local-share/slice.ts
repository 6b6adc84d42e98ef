import type { Nanos } from '../../usd.ts'
import type { AccountState, HeldAccount, Hold, ReserveRequest, ReserveResult } from '../ledger.ts'

/** A slice for fewer calls than this costs more round trips than it saves. */
const MIN_CALLS = 16

/** Returns the amount of the next slice, or undefined when an account is too near its limit for a useful one. */
export function sliceAmount(
  accounts: readonly AccountState[],
  callNanos: Nanos,
  share: number,
  nearShare: number,
): Nanos | undefined {
  let amount = Number.POSITIVE_INFINITY
  for (const { limitNanos, spentNanos, heldNanos } of accounts) {
    const taken = spentNanos + heldNanos
    amount = Math.min(amount, Math.floor((limitNanos - taken) * share), Math.floor(limitNanos * nearShare) - taken)
  }
  return amount < callNanos * MIN_CALLS || amount <= 0 ? undefined : (amount as Nanos)
}

/**
 * Returns when a slice ends, by the monotonic clock. It ends with its period, whose remaining length the ledger's clock
 * tells. If unrenewed holds are released, it also ends with its first lease, because renewals may fail to arrive.
 */
export function endsAtMs(
  taken: ReserveResult & { granted: true },
  { leaseEnd, leaseMs }: ReserveRequest,
  askedAtMs: number,
) {
  let lastsMs = leaseEnd === 'release' ? leaseMs : Number.POSITIVE_INFINITY
  for (const [index, { period }] of taken.hold.accounts.entries()) {
    if (typeof period !== 'object') {
      lastsMs = Math.min(lastsMs, taken.accounts[index]!.resetsAtMs - taken.hold.reservedAtMs)
    }
  }
  return askedAtMs + lastsMs
}

/** A part of some accounts that one process reserved in advance, to grant calls from it without asking the ledger. */
export class Slice {
  /** The hold of the whole slice in the ledger. */
  readonly hold: Hold
  readonly #accounts: readonly AccountState[]
  /** Milliseconds of the monotonic clock: no call is admitted after this. */
  readonly #endsAtMs: number
  #availableNanos: number
  #spentNanos = 0
  #unknownNanos = 0
  #openHolds = 0
  #isRetired = false

  constructor(hold: Hold, accounts: readonly AccountState[], endsAtMs: number) {
    this.hold = hold
    this.#accounts = accounts
    this.#endsAtMs = endsAtMs
    this.#availableNanos = hold.amountNanos
  }

  get spentNanos(): number {
    return this.#spentNanos
  }

  /** The part of `spentNanos` that is not known. */
  get unknownNanos(): number {
    return this.#unknownNanos
  }

  /** Held by open calls. */
  get heldNanos(): number {
    return this.hold.amountNanos - this.#availableNanos - this.#spentNanos
  }

  get openHolds(): number {
    return this.#openHolds
  }

  get isNearlyUsed(): boolean {
    return this.#availableNanos * 4 < this.hold.amountNanos
  }

  /** Whether it admits no more calls and all its calls have ended, so that it can be returned. */
  get isDone(): boolean {
    return this.#isRetired && this.#openHolds === 0
  }

  /** Returns undefined when the slice cannot pay for the call. */
  reserve(request: ReserveRequest, nowMs: number): ReserveResult | undefined {
    const { amountNanos } = request.offers[0]!
    if (amountNanos > this.#availableNanos || this.#isRetired || nowMs >= this.#endsAtMs) return undefined
    this.#availableNanos -= amountNanos
    this.#openHolds += 1
    return { granted: true, offer: 0, hold: new SliceHold(request.id, amountNanos, this), accounts: this.#accounts }
  }

  /** Returns false for a hold that was settled before. */
  settle(hold: SliceHold, amountNanos: number, unknownNanos: number): boolean {
    if (hold.isSettled) return false
    hold.isSettled = true
    this.#availableNanos += hold.amountNanos - amountNanos
    this.#spentNanos += amountNanos
    this.#unknownNanos += unknownNanos
    this.#openHolds -= 1
    return true
  }

  retire(): void {
    this.#isRetired = true
  }
}

/** A hold on part of a slice, unknown to the ledger. */
export class SliceHold implements Hold {
  readonly id: string
  readonly amountNanos: Nanos
  readonly slice: Slice
  isSettled = false

  constructor(id: string, amountNanos: Nanos, slice: Slice) {
    this.id = id
    this.amountNanos = amountNanos
    this.slice = slice
  }

  get reservedAtMs(): number {
    return this.slice.hold.reservedAtMs
  }

  get accounts(): readonly HeldAccount[] {
    return this.slice.hold.accounts
  }
}
