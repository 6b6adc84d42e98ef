import { afterEach, describe, expect, it } from 'vitest'
import { manualTimers, remoteLedger } from '../../../test/support/remote-ledger.ts'
import {
  type Admission,
  BudgetBreaker,
  type BudgetOptions,
  memoryLedger,
  type Reservation,
} from '../../budget/index.ts'

/** gpt-4o: one cent. */
const CENT = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1000, maxOutputTokens: 750 }
const CENT_USED = { inputTokens: 1000, outputTokens: 750 }

const open: BudgetBreaker[] = []
afterEach(async () => {
  for (const budget of open.splice(0)) await budget.close()
})

function setUp(options: Partial<BudgetOptions> = {}) {
  const ledger = options.ledger ? remoteLedger({ books: options.ledger }) : remoteLedger()
  const timers = manualTimers()
  const localShare = { share: 0.02, busyCalls: 4 }
  const budget = new BudgetBreaker({ limitUsd: 100, localShare, waitForHoldsMs: 0, ...options, ledger }, timers)
  open.push(budget)
  const onLedger = () => new BudgetBreaker({ limitUsd: 100, ledger: ledger.books }).read('contoso')
  return { ledger, timers, budget, onLedger }
}

function granted(admission: Admission): Reservation {
  if (!admission.granted) throw new Error(`refused: ${JSON.stringify(admission)}`)
  return admission
}

async function spend(budget: BudgetBreaker, calls: number) {
  for (let call = 0; call < calls; call++) await granted(await budget.reserve(CENT)).settle(CENT_USED)
}

describe('a local share', () => {
  it('admits most calls of a busy tenant without asking the ledger', async () => {
    const { ledger, timers, budget } = setUp()
    await spend(budget, 10)
    await timers.tick()
    const asked = ledger.asked
    await spend(budget, 100)
    expect(ledger.asked - asked).toBeLessThan(10)
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 1.1, heldUsd: 0 })
  })

  it('is held in the ledger before any of it is spent', async () => {
    const { timers, budget, onLedger } = setUp()
    await spend(budget, 10)
    await timers.tick()
    const { spentUsd, heldUsd } = await onLedger()
    expect(heldUsd).toBeGreaterThan(1.9)
    expect(spentUsd + heldUsd).toBeLessThan(2.2)
  })

  it('is given back when nobody uses it', async () => {
    const { timers, budget, onLedger } = setUp()
    await spend(budget, 10)
    await timers.tick()
    await spend(budget, 20)
    for (let tick = 0; tick < 3; tick++) await timers.tick()
    expect(await onLedger()).toMatchObject({ spentUsd: 0.3, heldUsd: 0 })
  })

  it('is given back on close, with calls that are still open at what they hold', async () => {
    const { timers, budget, onLedger } = setUp()
    await spend(budget, 10)
    await timers.tick()
    await budget.reserve(CENT)
    await budget.close()
    expect(await onLedger()).toMatchObject({ spentUsd: 0.11, heldUsd: 0 })
  })

  it('lets many processes spend one limit to the last cents and never pass it', async () => {
    const books = memoryLedger()
    const processes = Array.from({ length: 5 }, () => setUp({ ledger: books, limitUsd: 20 }))
    let spent = 0
    let refused = 0
    for (let round = 0; refused < 25; round++) {
      for (const { budget } of processes) {
        const admission = await budget.reserve(CENT)
        if (!admission.granted) refused += 1
        else {
          await admission.settle(CENT_USED)
          spent += 1
        }
      }
      if (round % 20 === 0) for (const { timers } of processes) await timers.tick()
    }
    expect(spent).toBe(2000)
  })

  it('leaves the last fifth of the limit to single steps', async () => {
    const { ledger, timers, budget } = setUp()
    await spend(budget, 8100)
    await timers.tick()
    const asked = ledger.asked
    await spend(budget, 100)
    expect(ledger.asked - asked).toBeGreaterThanOrEqual(200)
  })

  it('counts a call once, however often it is settled', async () => {
    const { timers, budget } = setUp()
    await spend(budget, 10)
    await timers.tick()
    const call = granted(await budget.reserve(CENT))
    await call.settle(CENT_USED)
    await call.release()
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0.11, heldUsd: 0 })
  })

  it('carries a long call over any number of slices', async () => {
    const { timers, budget, onLedger } = setUp()
    await spend(budget, 10)
    await timers.tick()
    const long = granted(await budget.reserve(CENT))
    for (let tick = 0; tick < 5; tick++) {
      await spend(budget, 5)
      await timers.tick()
    }
    await long.settle(CENT_USED)
    await budget.close()
    expect(await onLedger()).toMatchObject({ spentUsd: 0.36, heldUsd: 0 })
  })

  it('tells notices that its slices crossed', async () => {
    const notices: number[] = []
    const { timers, budget } = setUp({ noticeShares: [0.01], onNotice: ({ share }) => notices.push(share) })
    await spend(budget, 10)
    await timers.tick()
    await spend(budget, 150)
    for (let tick = 0; tick < 3; tick++) await timers.tick()
    expect(notices).toEqual([0.01])
  })

  it('obeys a limit that is lowered at once', async () => {
    const { timers, budget } = setUp()
    await spend(budget, 10)
    await timers.tick()
    await budget.setLimit({ tenant: 'contoso', limitUsd: 0.1 })
    expect(await budget.reserve(CENT)).toMatchObject({ granted: false, limitUsd: 0.1 })
  })
})
