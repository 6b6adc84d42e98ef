import { type Nanos, ZERO } from '../../usd.ts'
import type { AccountState, Claim, Hold, ReserveRequest, ReserveResult } from '../ledger.ts'
import { type MemoryLedger, memoryLedger } from '../memory/memory-ledger.ts'
import { periodName, periodStartMs } from '../period.ts'

/** Bounds how many accounts are remembered; the least recently used one is dropped first. */
const MAX_ACCOUNTS = 10_000

type LastKnown = { readonly claim: Claim; readonly state: AccountState }

/**
 * Counts in this process while the ledger fails, starting from the last known state of each account. Each process counts
 * alone, so each of them may spend what was left.
 */
export class OutageLedger {
  readonly #epochMs: () => number
  readonly #lastKnown = new Map<string, LastKnown>()
  /** The counts of the current outage. */
  #counts: MemoryLedger
  #begun = new Set<string>()
  /** Open holds that were granted here, with the counts of their outage, which may be over. */
  readonly #holds = new Map<string, MemoryLedger>()

  constructor(epochMs: () => number) {
    this.#epochMs = epochMs
    this.#counts = memoryLedger({ now: epochMs })
  }

  get openHolds(): number {
    return this.#holds.size
  }

  /** Whether this ledger granted the hold, so that the failing ledger does not know it. */
  has(hold: Hold): boolean {
    return this.#holds.has(hold.id)
  }

  remember(claims: readonly Claim[], states: readonly AccountState[]): void {
    for (const [index, claim] of claims.entries()) {
      const key = keyOf(claim)
      this.#lastKnown.delete(key)
      this.#lastKnown.set(key, { claim, state: states[index]! })
    }
    for (const key of this.#lastKnown.keys()) {
      if (this.#lastKnown.size <= MAX_ACCOUNTS) break
      this.#lastKnown.delete(key)
    }
  }

  reserve(request: ReserveRequest): ReserveResult {
    for (const claim of request.claims) this.#begin(claim)
    const result = this.#counts.reserve(request)
    if (result.granted) this.#holds.set(result.hold.id, this.#counts)
    return result
  }

  settle(hold: Hold, amountNanos: Nanos, unknownNanos: Nanos): void {
    this.#holds.get(hold.id)?.settle(hold, amountNanos, unknownNanos)
    this.#holds.delete(hold.id)
  }

  read(claims: readonly Claim[]): readonly AccountState[] {
    for (const claim of claims) this.#begin(claim)
    return this.#counts.read(claims)
  }

  /** Ends an outage. The ledger gets all settlements, and the next outage starts from the states that it returns then. */
  end(): void {
    this.#counts = memoryLedger({ now: this.#epochMs })
    this.#begun = new Set()
  }

  #begin(claim: Claim): void {
    const key = keyOf(claim)
    if (this.#begun.has(key)) return
    this.#begun.add(key)
    const known = this.#lastKnown.get(key)?.state
    const nowMs = this.#epochMs()
    // Spend of a period that is over no longer counts.
    if (known === undefined || (typeof claim.period !== 'object' && nowMs >= known.resetsAtMs)) return
    const { account, period } = claim
    this.#counts.setLimit({ account, period, limitNanos: known.limitNanos, lasts: 'period' })
    const before: Hold = {
      id: `before ${key}`,
      amountNanos: known.spentNanos,
      reservedAtMs: nowMs,
      // Without notices: they were reported when the money was spent.
      accounts: [{ account, period, limitNanos: known.limitNanos, periodStartMs: periodStartMs(period, nowMs) }],
    }
    this.#counts.settle(before, known.spentNanos, known.unknownNanos ?? ZERO)
  }
}

function keyOf({ account, period }: Claim): string {
  return `${periodName(period)} ${account}`
}
