import { isPromise, type MaybePromise } from '../../pipeline.ts'
import type { Repeat } from '../../repeat.ts'
import type { Nanos } from '../../usd.ts'
import type { Hold, Ledger, SettleResult } from '../ledger.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import type { JournalEntry, JournalFolder } from './journal-folder.ts'

export type JournalOptions = {
  /** Where entries survive the process; undefined keeps them in memory alone. */
  readonly folder: JournalFolder | undefined
  /** Told of every settlement that reached the ledger after all. */
  readonly onSettled: (result: SettleResult) => void
  readonly repeat: Repeat
  /** How many noted holds still run: until they end, the folder keeps its entries. @default none do */
  readonly openHolds?: () => number
}

const ASK_AGAIN_MS = 1000
const SETTLED_AT_ONCE = 50
/** Bounds the memory of a long outage, some 50 MB. */
const MOST_ENTRIES = 100_000

const KEPT: SettleResult = { outcome: 'settled', crossed: [] }

/** Settlements that a ledger could not take, told to it again until it does. */
export class SettlementJournal {
  readonly #ledger: Ledger
  readonly #options: JournalOptions
  readonly #settled = new Map<string, JournalEntry>()
  #stop: (() => void) | undefined
  #replaying: Promise<void> | undefined

  /** @throws LedgerCorruptedError when the folder holds what is not a journal. */
  constructor(ledger: Ledger, options: JournalOptions) {
    this.#ledger = ledger
    this.#options = options
    for (const entry of options.folder?.adopt() ?? []) this.#add(entry)
  }

  get isFull(): boolean {
    return this.#openHolds + this.#settled.size >= MOST_ENTRIES
  }

  /** Notes a hold that the ledger does not know. If this process dies, it counts `ifLostNanos`. */
  note(hold: Hold, ifLostNanos: Nanos): void {
    this.#options.folder?.append({ hold, amountNanos: ifLostNanos, unknownNanos: ifLostNanos })
  }

  /** Keeps a settlement that the ledger is told of later. */
  keep(hold: Hold, amountNanos: Nanos, unknownNanos: Nanos): SettleResult {
    const entry = { hold, amountNanos, unknownNanos }
    this.#add(entry)
    this.#options.folder?.append(entry)
    return KEPT
  }

  /** Settles on the ledger, or keeps the settlement while the ledger cannot take it. */
  settleOrKeep(hold: Hold, amountNanos: Nanos, unknownNanos: Nanos): MaybePromise<SettleResult> {
    const result = this.#ledger.settle(hold, amountNanos, unknownNanos)
    if (!isPromise(result)) return result
    return result.catch((error: unknown) => {
      if (!LedgerUnavailableError.isInstance(error) || this.isFull) throw error
      return this.keep(hold, amountNanos, unknownNanos)
    })
  }

  /** Tells the ledger what it missed; stops at the first that it cannot take. Never rejects. */
  replay(): Promise<void> {
    this.#replaying ??= this.#replay().finally(() => {
      this.#replaying = undefined
    })
    return this.#replaying
  }

  /** Tells the ledger what it can for the last time. */
  async close(): Promise<void> {
    await this.replay()
    this.#rest()
  }

  get #openHolds(): number {
    return this.#options.openHolds?.() ?? 0
  }

  #rest(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  #add(entry: JournalEntry): void {
    this.#settled.set(entry.hold.id, entry)
    this.#stop ??= this.#options.repeat(() => void this.replay(), ASK_AGAIN_MS)
  }

  async #replay(): Promise<void> {
    while (this.#settled.size > 0) {
      const batch = [...this.#settled.values()].slice(0, SETTLED_AT_ONCE)
      const results = await Promise.allSettled(batch.map(async (entry) => this.#tell(entry)))
      if (results.some(({ status }) => status === 'rejected')) return
    }
    this.#rest()
    if (this.#openHolds === 0) this.#options.folder?.clear()
  }

  async #tell(entry: JournalEntry): Promise<void> {
    const { hold, amountNanos, unknownNanos } = entry
    const result = await this.#ledger.settle(hold, amountNanos, unknownNanos)
    if (this.#settled.get(hold.id) === entry) this.#settled.delete(hold.id)
    this.#options.onSettled(result)
  }
}
