import { andThen, type MaybePromise } from '../../pipeline.ts'
import { type Repeat, repeatUnreferenced } from '../../repeat.ts'
import type { Nanos } from '../../usd.ts'
import { LeaseKeeper } from '../lease-keeper.ts'
import type {
  AccountState,
  Claim,
  Hold,
  Ledger,
  LimitChange,
  ReserveRequest,
  ReserveResult,
  SettleResult,
} from '../ledger.ts'
import { type LocalShareSettings, sliceAmount } from './local-share-options.ts'
import { Slice, SliceHold } from './slice.ts'

/** The calls on one set of accounts, all of which they need in one step. */
type Traffic = {
  /** The latest; what is common to all of them is taken from it. */
  request: ReserveRequest
  calls: number
  slice: Slice | undefined
  isRefilling: boolean
  /** The last try found the account too near its limit; the next one is made when somebody looks again. */
  isNearLimit: boolean
}

export type LocalShareParts = {
  /** Told of slices that were settled. */
  readonly onSettled: (result: SettleResult) => void
  readonly leaseMs: number
  readonly repeat?: Repeat | undefined
}

const SETTLED: SettleResult = { outcome: 'settled', crossed: [] }
const DUPLICATE: SettleResult = { outcome: 'duplicate', crossed: [] }

/**
 * Takes a slice of busy accounts from the ledger and admits calls from it at once. What is in a slice is held, so the
 * ledger never grants it twice and nothing is overspent; near the limit every call asks the ledger again.
 */
export class LocalShareLedger implements Ledger {
  readonly #ledger: Ledger
  readonly #settings: LocalShareSettings
  readonly #parts: LocalShareParts
  readonly #leases: LeaseKeeper
  readonly #traffic = new Map<string, Traffic>()
  /** Taken and not yet given back, the retired ones with open calls among them. */
  readonly #slices = new Set<Slice>()
  readonly #pending = new Set<Promise<unknown>>()
  #count = 0
  #stop: (() => void) | undefined
  #isClosed = false
  /** The ledger did not answer when it was last asked for a slice. */
  #isFailing = false

  constructor(ledger: Ledger, settings: LocalShareSettings, parts: LocalShareParts) {
    this.#ledger = ledger
    this.#settings = settings
    this.#parts = parts
    this.#leases = new LeaseKeeper(ledger, parts.leaseMs, parts.repeat)
  }

  reserve(request: ReserveRequest): MaybePromise<ReserveResult> {
    const traffic = this.#trafficOf(request)
    const { slice } = traffic
    const granted = slice?.reserve(request, performance.now())
    if (granted !== undefined) {
      if (slice!.isNearlyUsed) this.#refill(traffic)
      return granted
    }
    if (traffic.calls >= this.#settings.busyCalls && !traffic.isNearLimit) this.#refill(traffic)
    return this.#ledger.reserve(request)
  }

  settle(hold: Hold, amountNanos: Nanos): MaybePromise<SettleResult> {
    if (!(hold instanceof SliceHold)) return this.#ledger.settle(hold, amountNanos)
    const { slice } = hold
    if (!slice.settle(hold, amountNanos)) return DUPLICATE
    if (slice.isDone) this.#giveBack(slice)
    return SETTLED
  }

  renew(holds: readonly Hold[], leaseMs: number): MaybePromise<number> {
    const others = holds.filter((hold) => !(hold instanceof SliceHold))
    const own = holds.length - others.length
    return others.length === 0 ? own : andThen(this.#ledger.renew(others, leaseMs), (renewed) => renewed + own)
  }

  /** As the ledger says, with what this process spent of its slices counted as spent and what is free in them as free. */
  read(claims: readonly Claim[], atMs?: number): MaybePromise<readonly AccountState[]> {
    const states = this.#ledger.read(claims, atMs)
    if (this.#slices.size === 0 || atMs !== undefined) return states
    return andThen(states, (states) => states.map((state) => this.#withSlices(state)))
  }

  setLimit(change: LimitChange): MaybePromise<void> {
    // A lower limit holds for the next call, not when the slices are used up.
    for (const traffic of this.#traffic.values()) this.#retire(traffic)
    return this.#ledger.setLimit(change)
  }

  /** Resolves when every slice that nobody uses is back in the ledger. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stop?.()
    await this.settled()
    for (const traffic of this.#traffic.values()) this.#retire(traffic)
    // Calls that are still open count what they hold.
    for (const slice of this.#slices) this.#giveBack(slice, slice.heldNanos)
    await this.settled()
    this.#leases.close()
    await this.#ledger.close()
  }

  #trafficOf(request: ReserveRequest): Traffic {
    const { claims } = request
    const key = claims.length === 1 ? claims[0]!.account : claims.map(({ account }) => account).join('\n')
    let traffic = this.#traffic.get(key)
    if (traffic === undefined) {
      traffic = { request, calls: 0, slice: undefined, isRefilling: false, isNearLimit: false }
      this.#traffic.set(key, traffic)
      this.#stop ??= (this.#parts.repeat ?? repeatUnreferenced)(() => this.#look(), this.#settings.keepMs)
    }
    traffic.request = request
    traffic.calls += 1
    return traffic
  }

  /** Gives back what nobody uses, and takes a fresh slice where one is in use: its age is how stale its account is. */
  #look(): void {
    for (const [key, traffic] of this.#traffic) {
      if (traffic.calls > 0) {
        if (traffic.slice !== undefined) this.#refill(traffic)
      } else if (traffic.slice === undefined) this.#traffic.delete(key)
      else if (!this.#isFailing) this.#retire(traffic)
      traffic.calls = 0
      traffic.isNearLimit = false
    }
    if (this.#traffic.size > 0) return
    this.#stop?.()
    this.#stop = undefined
  }

  /** Beside the calls, which do not wait for it. */
  #refill(traffic: Traffic): void {
    if (traffic.isRefilling || this.#isClosed) return
    traffic.isRefilling = true
    const refilled = this.#takeSlice(traffic)
      .then(
        (slice) => {
          this.#isFailing = false
          this.#retire(traffic)
          traffic.slice = slice
          traffic.isNearLimit = slice === undefined
        },
        () => {
          // What is left of the old slice is all there is until the ledger is back.
          this.#isFailing = true
        },
      )
      .finally(() => {
        traffic.isRefilling = false
        this.#pending.delete(refilled)
      })
    this.#pending.add(refilled)
  }

  /** Undefined near the limit, where the ledger is asked for every call. */
  async #takeSlice({ request }: Traffic): Promise<Slice | undefined> {
    const { nearShare } = this.#settings
    const before = await this.#ledger.read(request.claims)
    const amountNanos = sliceAmount(before, request.offers[0]!.amountNanos, this.#settings)
    if (amountNanos === undefined) return undefined
    const askedAtMs = performance.now()
    const result = await this.#ledger.reserve({
      ...request,
      id: `${request.id}-slice-${++this.#count}`,
      offers: [{ amountNanos, floorNanos: amountNanos, belowShare: nearShare }],
      contendedShare: 1,
    })
    if (!result.granted) return undefined
    const slice = new Slice(result.hold, result.accounts, endsAtMs(result, request, askedAtMs))
    this.#slices.add(slice)
    this.#leases.add(result.hold)
    const isNear = result.accounts.some((state) => state.spentNanos + state.heldNanos > nearShare * state.limitNanos)
    if (!isNear && !this.#isClosed) return slice
    // Others took theirs at the same time.
    this.#giveBack(slice)
    return undefined
  }

  #retire(traffic: Traffic): void {
    const { slice } = traffic
    traffic.slice = undefined
    slice?.retire()
    if (slice?.isDone) this.#giveBack(slice)
  }

  #giveBack(slice: Slice, openNanos = 0): void {
    if (!this.#slices.delete(slice)) return
    this.#leases.delete(slice.hold)
    const settling = Promise.resolve(this.#ledger.settle(slice.hold, (slice.spentNanos + openNanos) as Nanos))
      .then(this.#parts.onSettled)
      // Its lease ends and the ledger resolves it by the rule.
      .catch(() => {})
      .finally(() => this.#pending.delete(settling))
    this.#pending.add(settling)
  }

  #withSlices(state: AccountState): AccountState {
    let spentNanos = 0
    let freeNanos = 0
    let openHolds = 0
    for (const slice of this.#slices) {
      if (!slice.hold.accounts.some(({ account }) => account === state.account)) continue
      spentNanos += slice.spentNanos
      freeNanos += slice.hold.amountNanos - slice.spentNanos - slice.heldNanos
      openHolds += slice.openHolds - 1
    }
    return {
      ...state,
      spentNanos: (state.spentNanos + spentNanos) as Nanos,
      heldNanos: (state.heldNanos - spentNanos - freeNanos) as Nanos,
      openHolds: state.openHolds + openHolds,
    }
  }
}

/**
 * A slice ends with its period, told by the ledger's clock and waited for by one that only runs forward. Where the
 * ledger gives back what is not renewed, it also ends with its first lease, for nobody knows whether renewals arrive.
 */
function endsAtMs(
  taken: ReserveResult & { granted: true },
  { onLeaseEnd, leaseMs }: ReserveRequest,
  askedAtMs: number,
) {
  let lastsMs = onLeaseEnd === 'release' ? leaseMs : Number.POSITIVE_INFINITY
  for (const [index, { period }] of taken.hold.accounts.entries()) {
    if (typeof period !== 'object') {
      lastsMs = Math.min(lastsMs, taken.accounts[index]!.resetsAtMs - taken.hold.reservedAtMs)
    }
  }
  return askedAtMs + lastsMs
}
