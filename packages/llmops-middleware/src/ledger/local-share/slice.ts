import type { Nanos } from '../../usd.ts'
import type { AccountState, HeldAccount, Hold, ReserveRequest, ReserveResult } from '../ledger.ts'

/** A slice that carries fewer calls than this costs more than it saves. */
const LEAST_CALLS = 16

/** Undefined when an account is too near its limit for a slice that is of use. */
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
  return amount < callNanos * LEAST_CALLS || amount <= 0 ? undefined : (amount as Nanos)
}

/**
 * A slice ends with its period, told by the ledger's clock and waited for by one that only runs forward. Where the
 * ledger gives back what is not renewed, it also ends with its first lease, for nobody knows whether renewals arrive.
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

/** A part of accounts that one process took from the ledger in advance, to decide over it without asking. */
export class Slice {
  /** What the ledger holds for it. */
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

  /** The part of what was spent that nobody knows. */
  get unknownNanos(): number {
    return this.#unknownNanos
  }

  /** Held by calls that are open; the rest of the slice is free. */
  get heldNanos(): number {
    return this.hold.amountNanos - this.#availableNanos - this.#spentNanos
  }

  get openHolds(): number {
    return this.#openHolds
  }

  get isNearlyUsed(): boolean {
    return this.#availableNanos * 4 < this.hold.amountNanos
  }

  /** Nothing is admitted any more and every call has ended: it can be given back. */
  get isDone(): boolean {
    return this.#isRetired && this.#openHolds === 0
  }

  /** Undefined when the slice cannot carry the call. */
  reserve(request: ReserveRequest, nowMs: number): ReserveResult | undefined {
    const { amountNanos } = request.offers[0]!
    if (amountNanos > this.#availableNanos || this.#isRetired || nowMs >= this.#endsAtMs) return undefined
    this.#availableNanos -= amountNanos
    this.#openHolds += 1
    return { granted: true, offer: 0, hold: new SliceHold(request.id, amountNanos, this), accounts: this.#accounts }
  }

  /** False for a hold that was settled before. */
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

/** A hold that the ledger does not know: it is part of a slice. */
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
