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

/** The calls on one set of accounts, all of which they need in one step. */
type Traffic = {
  /** The latest; what is common to all of them is taken from it. */
  request: ReserveRequest
  calls: number
  slice: Slice | undefined
  /** Slices are only taken below this share of every limit: from there on some calls are asked of another model. */
  nearShare: number
  isRefilling: boolean
  /** The last try found the account too near its limit; the next one is made when somebody looks again. */
  isNearLimit: boolean
}

const SETTLED: SettleResult = { outcome: 'settled', crossed: [] }
const DUPLICATE: SettleResult = { outcome: 'duplicate', crossed: [] }

/**
 * A ledger around a ledger, for busy processes: it takes a slice of an account in advance and decides over it without a
 * round trip. The slice is held in the ledger before it is spent, so the overshoot stays 0. When the ledger fails, the
 * process goes on with the slices that it has.
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
  /** Taken and not yet given back, the retired ones with open calls among them. */
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
    const onSettled = (result: SettleResult) => this.#tell(result)
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
    if (slice.isDone) this.#giveBack(slice)
    return SETTLED
  }

  /** The lease is that of the slice. */
  endsByLease(hold: Hold): boolean {
    return !(hold instanceof SliceHold) && (this.#ledger.endsByLease?.(hold) ?? true)
  }

  /** Renews the slices with the calls. One without open calls is returned or replaced before its lease ends. */
  async renew(holds: readonly Hold[], leaseMs: number): Promise<number> {
    checkLeaseMs(leaseMs)
    const others = holds.filter((hold) => !(hold instanceof SliceHold))
    const slices = Array.from(this.#slices, (slice) => slice.hold)
    const renew = (holds: readonly Hold[]) => (holds.length > 0 ? this.#ledger.renew(holds, leaseMs) : 0)
    const [renewed] = await Promise.all([renew(others), renew(slices)])
    return renewed + holds.length - others.length
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

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stop?.()
    await this.#settled()
    for (const traffic of this.#traffic.values()) this.#retire(traffic)
    // Calls that are still open count what they hold.
    for (const slice of this.#slices) this.#giveBack(slice, slice.heldNanos)
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
      `Local share: a busy process takes ${percent(share)} of what is left at a time, held in the ledger before it is ` +
      `spent, so overshoot stays as above. It returns what it does not use for ${keepMs} ms and takes none above ` +
      `${percent(NEAR_SHARE)} of a limit or where the cheaper model is due. What others spend, a lower limit set ` +
      `elsewhere and a downshift are seen up to ${keepMs} ms later. The slice of a process that died is an unknown ` +
      'outcome. When the ledger fails, a process goes on with the slices that it holds until they are used up (where ' +
      'unknown outcomes count nothing, for at most one lease), and only then fails with it.'
    const inner = this.#ledger.bound?.()
    return inner === undefined ? own : `${inner}\n${own}`
  }

  /** Resolves when every slice that nobody uses is back in the ledger. */
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
      // Often enough that no lease of a slice ends between two looks.
      this.#stop ??= this.#timing.repeat(() => this.#look(), Math.min(this.#settings.keepMs, request.leaseMs / 3))
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
    const amountNanos = (slice.spentNanos + openNanos) as Nanos
    const unknownNanos = (slice.unknownNanos + openNanos) as Nanos
    const settling = Promise.resolve(this.#journal.settleOrKeep(slice.hold, amountNanos, unknownNanos))
      .then((result) => this.#tell(result))
      // Its lease ends and the ledger resolves it by the rule.
      .catch(() => {})
      .finally(() => this.#pending.delete(settling))
    this.#pending.add(settling)
  }

  #tell(result: SettleResult): void {
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
