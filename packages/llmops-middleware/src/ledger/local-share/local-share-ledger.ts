import { percent } from '../../percent.ts'
import { andThen, type MaybePromise } from '../../pipeline.ts'
import type { Seen } from '../../seen.ts'
import { realTiming, type Timing } from '../../timing.ts'
import { type Nanos, ZERO } from '../../usd.ts'
import { checkLeaseMs, checkReserveRequest, checkSettlement } from '../check-request.ts'
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
import { JournalFolder } from '../outage/journal-folder.ts'
import { SettlementJournal } from '../outage/settlement-journal.ts'
import { type LocalShareOptions, type LocalShareSettings, readLocalShareOptions } from './local-share-options.ts'
import { endsAtMs, Slice, SliceHold, sliceAmount } from './slice.ts'

/** Above this share of a limit every call asks the ledger. */
const NEAR_SHARE = 0.8

/** The calls that claim the same set of accounts. */
type Traffic = {
  /** The latest request; the values that all of them share are read from it. */
  request: ReserveRequest
  calls: number
  slice: Slice | undefined
  /** Slices are only taken below this share of every limit, because above it some calls go to another model. */
  nearShare: number
  isRefilling: boolean
  /** The account was too near its limit at the last attempt; the next attempt follows after `keepMs`. */
  isNearLimit: boolean
}

const SETTLED: SettleResult = { outcome: 'settled', crossed: [] }
const DUPLICATE: SettleResult = { outcome: 'duplicate', crossed: [] }

/**
 * Wraps a ledger for busy processes: it reserves a slice of an account in advance and grants calls from the slice without
 * a round trip. The slice is held in the ledger before it is spent, so the overshoot stays 0. When the ledger fails, the
 * process continues with the slices that it has.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @throws LedgerCorruptedError when the journal folder holds what is not a journal.
 * @example new BudgetBreaker({ ledger: localShare(redisLedger(redis)), limitUsd: 50 })
 */
export function localShare(ledger: Ledger, options: LocalShareOptions = {}): Ledger {
  return new LocalShareLedger(ledger, options)
}

export class LocalShareLedger implements Ledger {
  readonly #ledger: Ledger
  readonly #settings: LocalShareSettings
  readonly #timing: Timing
  readonly #journal: SettlementJournal
  readonly #traffic = new Map<string, Traffic>()
  /** Slices that were not returned yet, including retired ones with open calls. */
  readonly #slices = new Set<Slice>()
  readonly #pending = new Set<Promise<unknown>>()
  readonly #listeners: ((result: SettleResult) => void)[] = []
  #count = 0
  #stop: (() => void) | undefined
  #isClosed = false
  /** The ledger did not answer when it was last asked for a slice. */
  #isFailing = false

  constructor(ledger: Ledger, options: LocalShareOptions, timing?: Partial<Timing>) {
    this.#settings = readLocalShareOptions(ledger, options)
    this.#ledger = ledger
    this.#timing = { ...realTiming, ...timing }
    const folder = options.journalFolder === undefined ? undefined : new JournalFolder(options.journalFolder)
    const onSettled = (result: SettleResult) => this.#notify(result)
    this.#journal = new SettlementJournal(ledger, { folder, onSettled, repeat: this.#timing.repeat })
    ledger.onSettled?.(onSettled)
  }

  reserve(request: ReserveRequest): MaybePromise<ReserveResult> {
    checkReserveRequest(request)
    const traffic = this.#trafficOf(request)
    const { slice } = traffic
    const granted = slice?.reserve(request, this.#timing.monotonicMs())
    if (granted !== undefined) {
      if (slice!.isNearlyUsed) this.#refill(traffic)
      return granted
    }
    if (traffic.calls >= this.#settings.busyCalls && !traffic.isNearLimit) this.#refill(traffic)
    return this.#ledger.reserve(request)
  }

  settle(hold: Hold, amountNanos: Nanos, unknownNanos = ZERO): MaybePromise<SettleResult> {
    if (!(hold instanceof SliceHold)) return this.#ledger.settle(hold, amountNanos, unknownNanos)
    checkSettlement(amountNanos, unknownNanos)
    const { slice } = hold
    if (!slice.settle(hold, amountNanos, unknownNanos)) return DUPLICATE
    if (slice.isDone) this.#return(slice)
    return SETTLED
  }

  /** Holds of a slice have no lease of their own: the slice has one. */
  endsByLease(hold: Hold): boolean {
    return !(hold instanceof SliceHold) && (this.#ledger.endsByLease?.(hold) ?? true)
  }

  /** Renews the slices together with the calls. A slice without open calls is returned or replaced before its lease ends. */
  async renew(holds: readonly Hold[], leaseMs: number): Promise<number> {
    checkLeaseMs(leaseMs)
    const others = holds.filter((hold) => !(hold instanceof SliceHold))
    const slices = Array.from(this.#slices, (slice) => slice.hold)
    const renew = (holds: readonly Hold[]) => (holds.length > 0 ? this.#ledger.renew(holds, leaseMs) : 0)
    const [renewed] = await Promise.all([renew(others), renew(slices)])
    return renewed + holds.length - others.length
  }

  /** Returns the ledger's states, corrected for this process's slices: what is spent and what is still free in them. */
  read(claims: readonly Claim[], atMs?: number): MaybePromise<readonly AccountState[]> {
    const states = this.#ledger.read(claims, atMs)
    if (this.#slices.size === 0 || atMs !== undefined) return states
    return andThen(states, (states) => states.map((state) => this.#withSlices(state)))
  }

  setLimit(change: LimitChange): MaybePromise<void> {
    // A lower limit must apply to the next call, not only when the slices are used up.
    for (const traffic of this.#traffic.values()) this.#retire(traffic)
    return this.#ledger.setLimit(change)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stop?.()
    await this.#settled()
    for (const traffic of this.#traffic.values()) this.#retire(traffic)
    // Calls that are still open are charged what they hold.
    for (const slice of this.#slices) this.#return(slice, slice.heldNanos)
    await this.#settled()
    await this.#journal.close()
    await this.#ledger.close()
  }

  onSettled(listener: (result: SettleResult) => void): void {
    this.#listeners.push(listener)
  }

  get seen(): Seen | undefined {
    return this.#ledger.seen
  }

  bound(): string {
    const { share, keepMs } = this.#settings
    const own =
      `Local share: a busy process reserves slices of ${percent(share)} of what is left, which are held in the ledger ` +
      `before they are spent, so the overshoot stays as above. It returns slices unused for ${keepMs} ms, and takes none ` +
      `above ${percent(NEAR_SHARE)} of a limit or after the downshift share. What other processes spend, a lower limit ` +
      `set elsewhere, and a downshift take effect up to ${keepMs} ms later. The slice of a process that died is an unknown ` +
      'outcome. When the ledger fails, a process continues with its slices until they are used up (for at most one lease ' +
      'where unknown outcomes count nothing), and only then fails as well.'
    const inner = this.#ledger.bound?.()
    return inner === undefined ? own : `${inner}\n${own}`
  }

  /** Resolves when every slice that is no longer used has been returned to the ledger. */
  async #settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  #trafficOf(request: ReserveRequest): Traffic {
    const { claims, offers } = request
    const key = claims.length === 1 ? claims[0]!.account : claims.map(({ account }) => account).join('\n')
    let traffic = this.#traffic.get(key)
    if (traffic === undefined) {
      traffic = {
        request,
        calls: 0,
        slice: undefined,
        nearShare: NEAR_SHARE,
        isRefilling: false,
        isNearLimit: false,
      }
      this.#traffic.set(key, traffic)
      // Often enough that no lease of a slice ends in between.
      this.#stop ??= this.#timing.repeat(
        () => this.#renewSlices(),
        Math.min(this.#settings.keepMs, request.leaseMs / 3),
      )
    }
    const { belowShare = 1 } = offers[0]!
    if (belowShare < traffic.nearShare) {
      traffic.nearShare = belowShare
      this.#retire(traffic)
    }
    traffic.request = request
    traffic.calls += 1
    return traffic
  }

  /** Returns unused slices and replaces used ones: the state of an account is as old as its slice. */
  #renewSlices(): void {
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

  /** Takes a new slice in the background; calls do not wait for it. */
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
          // The rest of the old slice is all that is available until the ledger answers again.
          this.#isFailing = true
        },
      )
      .finally(() => {
        traffic.isRefilling = false
        this.#pending.delete(refilled)
      })
    this.#pending.add(refilled)
  }

  /** Returns undefined near the limit, where the ledger is asked for every call. */
  async #takeSlice({ request, nearShare }: Traffic): Promise<Slice | undefined> {
    const before = await this.#ledger.read(request.claims)
    const amountNanos = sliceAmount(before, request.offers[0]!.amountNanos, this.#settings.share, nearShare)
    if (amountNanos === undefined) return undefined
    const askedAtMs = this.#timing.monotonicMs()
    const result = await this.#ledger.reserve({
      ...request,
      id: `${request.id}-slice-${++this.#count}`,
      offers: [{ amountNanos, floorNanos: amountNanos, belowShare: nearShare }],
      contendedShare: 1,
    })
    if (!result.granted) return undefined
    const slice = new Slice(result.hold, result.accounts, endsAtMs(result, request, askedAtMs))
    this.#slices.add(slice)
    const isNear = result.accounts.some((state) => state.spentNanos + state.heldNanos > nearShare * state.limitNanos)
    if (!isNear && !this.#isClosed) return slice
    // Other processes took slices at the same time.
    this.#return(slice)
    return undefined
  }

  #retire(traffic: Traffic): void {
    const { slice } = traffic
    traffic.slice = undefined
    slice?.retire()
    if (slice?.isDone) this.#return(slice)
  }

  #return(slice: Slice, openNanos = 0): void {
    if (!this.#slices.delete(slice)) return
    const amountNanos = (slice.spentNanos + openNanos) as Nanos
    const unknownNanos = (slice.unknownNanos + openNanos) as Nanos
    const settling = Promise.resolve(this.#journal.settleOrKeep(slice.hold, amountNanos, unknownNanos))
      .then((result) => this.#notify(result))
      // The ledger resolves the slice when its lease ends.
      .catch(() => {})
      .finally(() => this.#pending.delete(settling))
    this.#pending.add(settling)
  }

  #notify(result: SettleResult): void {
    for (const listener of this.#listeners) listener(result)
  }

  #withSlices(state: AccountState): AccountState {
    let spentNanos = 0
    let unknownNanos = 0
    let freeNanos = 0
    let openHolds = 0
    for (const slice of this.#slices) {
      if (!slice.hold.accounts.some(({ account }) => account === state.account)) continue
      spentNanos += slice.spentNanos
      unknownNanos += slice.unknownNanos
      freeNanos += slice.hold.amountNanos - slice.spentNanos - slice.heldNanos
      openHolds += slice.openHolds - 1
    }
    return {
      ...state,
      spentNanos: (state.spentNanos + spentNanos) as Nanos,
      unknownNanos: ((state.unknownNanos ?? ZERO) + unknownNanos) as Nanos,
      heldNanos: (state.heldNanos - spentNanos - freeNanos) as Nanos,
      openHolds: state.openHolds + openHolds,
    }
  }
}
