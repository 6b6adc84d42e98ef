import { type Nanos, ZERO } from '../../usd.ts'
import type { AccountState, Claim, Hold, ReserveRequest, ReserveResult } from '../ledger.ts'
import { type MemoryLedger, memoryLedger } from '../memory/memory-ledger.ts'
import { periodName, periodStartMs } from '../period.ts'

/** Bounds what is remembered of accounts; the one that was used longest ago is forgotten first. */
const MOST_ACCOUNTS = 10_000

type LastKnown = { readonly claim: Claim; readonly state: AccountState }

/**
 * Counts in this process while the ledger fails, from where each account stood when it last answered. Each process
 * counts alone, so together they may spend what was left once for each of them.
 */
export class OutageLedger {
  readonly #epochMs: () => number
  readonly #lastKnown = new Map<string, LastKnown>()
  /** Of this outage. */
  #counts: MemoryLedger
  #begun = new Set<string>()
  /** Holds that were granted here and still run, with the counts of their outage, which may be over. */
  readonly #holds = new Map<string, MemoryLedger>()

  constructor(epochMs: () => number) {
    this.#epochMs = epochMs
    this.#counts = memoryLedger({ now: epochMs })
  }

  get openHolds(): number {
    return this.#holds.size
  }

  /** Whether this ledger granted the hold, and the other has never heard of it. */
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
      if (this.#lastKnown.size <= MOST_ACCOUNTS) break
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

  /** The other ledger is back and hears of everything; the next outage starts from what it then says. */
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
    // Spent in a period that is over by now counts for nothing.
    if (known === undefined || (typeof claim.period !== 'object' && nowMs >= known.resetsAtMs)) return
    const { account, period } = claim
    this.#counts.setLimit({ account, period, limitNanos: known.limitNanos, lasts: 'period' })
    const before: Hold = {
      id: `before ${key}`,
      amountNanos: known.spentNanos,
      reservedAtMs: nowMs,
      // Its notices were told when it was spent.
      accounts: [{ account, period, limitNanos: known.limitNanos, periodStartMs: periodStartMs(period, nowMs) }],
    }
    this.#counts.settle(before, known.spentNanos, known.unknownNanos ?? ZERO)
  }
}

function keyOf({ account, period }: Claim): string {
  return `${periodName(period)} ${account}`
}
