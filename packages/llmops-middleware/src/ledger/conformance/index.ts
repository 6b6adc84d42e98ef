/**
 * The cases that every ledger must pass, for a ledger of your own.
 *
 * @module
 */
import { badInput } from './bad-input.ts'
import { clocks } from './clocks.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { leasing } from './leasing.ts'
import { limits } from './limits.ts'
import { periods } from './periods.ts'
import { releases } from './releases.ts'
import { reserving } from './reserving.ts'
import { settling } from './settling.ts'
import { zones } from './zones.ts'

export type { ConformanceCase, CreateLedger } from './conformance-case.ts'

/**
 * What every ledger must do, for people who write their own. It needs no test framework: each case has a name and a
 * `run` that rejects with an `AssertionError` when the ledger does not do it. Each `run` wants an empty ledger that
 * takes its time from the `now` it is given, and closes it.
 *
 * @example
 * for (const { name, run } of ledgerConformance) {
 *   test(name, () => run(({ now }) => myLedger({ now, namespace: randomUUID() })))
 * }
 */
export const ledgerConformance: readonly ConformanceCase[] = [
  ...reserving,
  ...settling,
  ...leasing,
  ...periods,
  ...zones,
  ...clocks,
  ...releases,
  ...limits,
  ...badInput,
]
