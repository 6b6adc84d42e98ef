import { isPromise, type MaybePromise } from '../../pipeline.ts'
import type { Repeat } from '../../repeat.ts'
import type { Nanos } from '../../usd.ts'
import type { Hold, Ledger, SettleResult } from '../ledger.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import type { JournalEntry, JournalFolder } from './journal-folder.ts'

export type JournalOptions = {
  /** Keeps entries beyond the end of the process; undefined keeps them in memory only. */
  readonly folder: JournalFolder | undefined
  /** Called for each settlement that reached the ledger late. */
  readonly onSettled: (result: SettleResult) => void
  readonly repeat: Repeat
  /** Returns how many recorded holds are open. Until they end, the folder keeps its entries. @default 0 */
  readonly openHolds?: () => number
}

const RETRY_MS = 1000
const SETTLED_AT_ONCE = 50
/** Bounds the memory of a long outage to about 50 MB. */
const MAX_ENTRIES = 100_000

const KEPT: SettleResult = { outcome: 'settled', crossed: [] }

/** Settlements that a ledger could not take. They are repeated until the ledger takes them. */
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
    return this.#openHolds + this.#settled.size >= MAX_ENTRIES
  }

  /** Records a hold that the ledger does not know. If this process dies, `ifLostNanos` are charged for it. */
  record(hold: Hold, ifLostNanos: Nanos): void {
    this.#options.folder?.append({ hold, amountNanos: ifLostNanos, unknownNanos: ifLostNanos })
  }

  /** Keeps a settlement, to send it to the ledger later. */
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

  /** Sends the kept settlements to the ledger, until the ledger cannot take one. Never rejects. */
  replay(): Promise<void> {
    this.#replaying ??= this.#replay().finally(() => {
      this.#replaying = undefined
    })
    return this.#replaying
  }

  /** Tries for the last time to send the kept settlements. */
  async close(): Promise<void> {
    await this.replay()
    this.#stopRetrying()
  }

  get #openHolds(): number {
    return this.#options.openHolds?.() ?? 0
  }

  #stopRetrying(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  #add(entry: JournalEntry): void {
    this.#settled.set(entry.hold.id, entry)
    this.#stop ??= this.#options.repeat(() => void this.replay(), RETRY_MS)
  }

  async #replay(): Promise<void> {
    while (this.#settled.size > 0) {
      const batch = [...this.#settled.values()].slice(0, SETTLED_AT_ONCE)
      const results = await Promise.allSettled(batch.map(async (entry) => this.#settle(entry)))
      if (results.some(({ status }) => status === 'rejected')) return
    }
    this.#stopRetrying()
    if (this.#openHolds === 0) this.#options.folder?.clear()
  }

  async #settle(entry: JournalEntry): Promise<void> {
    const { hold, amountNanos, unknownNanos } = entry
    const result = await this.#ledger.settle(hold, amountNanos, unknownNanos)
    if (this.#settled.get(hold.id) === entry) this.#settled.delete(hold.id)
    this.#options.onSettled(result)
  }
}
