import type { MaybePromise } from '../../pipeline.ts'
import type { Nanos } from '../../usd.ts'
import type { AccountState, Claim, Hold, Ledger, ReserveRequest, ReserveResult } from '../ledger.ts'

/** One sentence about what a ledger does, and the proof: `run` rejects when it does not hold. */
export type ConformanceCase = {
  /** What the ledger must do, as a sentence. */
  readonly name: string
  /** Rejects with an `AssertionError` when the ledger does not do it. */
  run(createLedger: CreateLedger): Promise<void>
}

/** An empty ledger that takes its time (epoch milliseconds) from `now`. The case closes it. */
export type CreateLedger = (options: { readonly now: () => number }) => MaybePromise<Ledger>

/** A case that gets a ledger of its own, a clock it can turn, and short words for the usual requests. */
export function conformanceCase(name: string, prove: (bench: TestBench) => Promise<void>): ConformanceCase {
  return {
    name,
    async run(createLedger) {
      const clock = { nowMs: Date.parse('2026-03-31T23:30:00Z') }
      const ledger = await createLedger({ now: () => clock.nowMs })
      try {
        await prove(createTestBench(ledger, clock))
      } finally {
        await ledger.close()
      }
    },
  }
}

export type TestBench = {
  readonly ledger: Ledger
  readonly clock: { nowMs: number }
  /** Reserves `amountNanos` on `claims`, unclamped and with a lease of a minute unless told otherwise. */
  reserve(amountNanos: number, claims: readonly Claim[], request?: Partial<ReserveRequest>): Promise<ReserveResult>
  /** The same, where anything but a hold is a failure. */
  hold(amountNanos: number, claims: readonly Claim[], request?: Partial<ReserveRequest>): Promise<Hold>
  readOne(claim: Claim, atMs?: number): Promise<AccountState>
}

function createTestBench(ledger: Ledger, clock: { nowMs: number }): TestBench {
  let reservations = 0

  async function reserve(amountNanos: number, claims: readonly Claim[], request: Partial<ReserveRequest> = {}) {
    reservations += 1
    return await ledger.reserve({
      id: `hold-${reservations}`,
      claims,
      offers: [{ amountNanos: nanos(amountNanos), floorNanos: nanos(amountNanos) }],
      leaseMs: MINUTE_MS,
      leaseEnd: 'charge',
      contendedShare: 1,
      ...request,
    })
  }

  return {
    ledger,
    clock,
    reserve,
    async hold(amountNanos, claims, request) {
      const result = await reserve(amountNanos, claims, request)
      if (!result.granted) throw new Error(`${amountNanos} nano-USD were refused: ${JSON.stringify(result)}`)
      return result.hold
    },
    async readOne(claim, atMs) {
      const [state] = await ledger.read([claim], atMs)
      if (state === undefined) throw new Error(`read() gave no state for ${claim.account}`)
      return state
    },
  }
}

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

export function nanos(amount: number): Nanos {
  return amount as Nanos
}

/** A monthly account, unless told otherwise. */
export function claimOn(account: string, limitNanos: number, more: Partial<Claim> = {}): Claim {
  return { account, period: 'month', limitNanos: nanos(limitNanos), ...more }
}
