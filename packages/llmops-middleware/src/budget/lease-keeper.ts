import type { Hold, Ledger } from '../ledger/index.ts'
import type { Repeat } from '../repeat.ts'

/** Renews the leases of all open holds of this process together, and stops while there are none. */
export class LeaseKeeper {
  readonly #ledger: Ledger
  readonly #leaseMs: number
  readonly #repeat: Repeat
  readonly #holds = new Map<string, Hold>()
  #stop: (() => void) | undefined

  constructor(ledger: Ledger, leaseMs: number, repeat: Repeat) {
    this.#ledger = ledger
    this.#leaseMs = leaseMs
    this.#repeat = repeat
  }

  add(hold: Hold): void {
    this.#holds.set(hold.id, hold)
    // A third of the lease: two renewals may fail before it ends.
    this.#stop ??= this.#repeat(() => void this.#renew(), this.#leaseMs / 3)
  }

  delete(hold: Hold): void {
    this.#holds.delete(hold.id)
  }

  close(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  async #renew(): Promise<void> {
    if (this.#holds.size === 0) return this.close()
    try {
      await this.#ledger.renew([...this.#holds.values()], this.#leaseMs)
    } catch {
      // The next round tries again; a lease that ends meanwhile is corrected by its settlement.
    }
  }
}
