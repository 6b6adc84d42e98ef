import { afterEach, describe, expect, it } from 'vitest'
import { manualTimers } from '../../../test/support/manual-timers.ts'
import { remoteLedger } from '../../../test/support/remote-ledger.ts'
import { Budget } from '../../budget/budget.ts'
import {
  type Admission,
  BudgetBreaker,
  type BudgetOptions,
  LedgerUnavailableError,
  type LocalShareOptions,
  localShare,
  memoryLedger,
  type Reservation,
} from '../../budget/index.ts'
import { ledgerConformance } from '../conformance/index.ts'
import { LocalShareLedger } from './local-share-ledger.ts'

/** gpt-4o: one cent. */
const CENT = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1000, maxOutputTokens: 750 }
const CENT_USED = { inputTokens: 1000, outputTokens: 750 }

const open: Budget[] = []
afterEach(async () => {
  for (const budget of open.splice(0)) await budget.close()
})

function setUp(options: Partial<BudgetOptions> = {}, share: LocalShareOptions = {}) {
  const ledger = options.ledger ? remoteLedger({ books: options.ledger }) : remoteLedger()
  const timers = manualTimers()
  const shared = new LocalShareLedger(ledger, { busyCalls: 4, ...share }, timers)
  const budget = new Budget({ limitUsd: 100, waitForHoldsMs: 0, ...options, ledger: shared }, timers)
  open.push(budget)
  const onLedger = () => new BudgetBreaker({ limitUsd: 100, ledger: ledger.books }).read('contoso')
  return { ledger, timers, budget, onLedger }
}

function granted(admission: Admission): Reservation {
  if (!admission.granted) throw new Error(`refused: ${JSON.stringify(admission)}`)
  return admission
}

async function spend(budget: Budget, calls: number) {
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

  it('reports at once what was charged without being known, and reports it to the ledger when it is returned', async () => {
    const { timers, budget, onLedger } = setUp()
    await spend(budget, 10)
    await timers.tick()
    await granted(await budget.reserve(CENT)).settleUnknown()
    await spend(budget, 1)
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0.12, unknownUsd: 0.01 })
    expect(await onLedger()).toMatchObject({ unknownUsd: 0 })
    const stillOpen = granted(await budget.reserve(CENT))
    await budget.close()
    expect(await onLedger()).toMatchObject({ spentUsd: 0.13, unknownUsd: 0.02 })
    await stillOpen.release()
  })

  it('is held in the ledger before any of it is spent', async () => {
    const { timers, budget, onLedger } = setUp()
    await spend(budget, 10)
    await timers.tick()
    const { spentUsd, heldUsd } = await onLedger()
    expect(heldUsd).toBeGreaterThan(1.9)
    expect(spentUsd + heldUsd).toBeLessThan(2.2)
  })

  it('is returned when it is not used', async () => {
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

  it('sends the notices that its slices crossed', async () => {
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

  it('moves calls to the cheaper model where that is due, though calls on other models took a slice before', async () => {
    const { timers, budget } = setUp({ downshift: { at: 0.1, to: { 'gpt-4o': 'gpt-4o-mini' } } })
    const mini = { ...CENT, model: 'gpt-4o-mini' }
    for (let call = 0; call < 10; call++) await granted(await budget.reserve(mini)).settle(CENT_USED)
    await granted(await budget.reserve({ ...mini, maxOutputTokens: 0 })).settle({
      inputTokens: 0,
      outputTokens: 19_000_000,
    })
    await timers.tick()
    await granted(await budget.reserve(mini)).settle(CENT_USED)
    expect(granted(await budget.reserve(CENT))).toMatchObject({ decision: 'downshift', model: 'gpt-4o-mini' })
  })

  it('lives on the slices that it holds when the ledger fails, and on nothing else', async () => {
    const { ledger, timers, budget, onLedger } = setUp({}, { share: 0.01, busyCalls: 1 })
    await spend(budget, 1)
    await timers.tick()
    ledger.isDown = true
    let calls = 0
    try {
      for (; calls < 1000; calls++) await spend(budget, 1)
    } catch (error) {
      expect(error).toBeInstanceOf(LedgerUnavailableError)
    }
    // One hundredth of what was left, at a cent a call.
    expect(calls).toBeGreaterThan(90)
    expect(calls).toBeLessThan(100)
    ledger.isDown = false
    await budget.close()
    expect(await onLedger()).toMatchObject({ spentUsd: (calls + 1) / 100, heldUsd: 0 })
  })

  it('loses no spend of a slice that could not be returned: the ledger gets it after its outage', async () => {
    const { ledger, timers, budget, onLedger } = setUp({ unknownOutcome: 'release' })
    await spend(budget, 10)
    await timers.tick()
    await spend(budget, 20)
    // The slice is replaced, but the old one cannot be settled.
    const { settle } = ledger
    ledger.settle = () => Promise.reject(new LedgerUnavailableError('settle', 'it is down'))
    await timers.tick()
    await timers.tick()
    ledger.settle = settle
    await timers.tick()
    await timers.tick()
    expect(await onLedger()).toMatchObject({ spentUsd: 0.3, heldUsd: 0 })
  })

  it('says in the guarantee what it is bound by, where it is used and only there', () => {
    const { budget } = setUp({}, { share: 0.05, keepMs: 500 })
    expect(budget.explainGuarantee()).toMatch(/Local share: .* 5% .* 500 ms/)
    expect(new BudgetBreaker({ limitUsd: 1 }).explainGuarantee()).not.toContain('Local share')
  })

  it.each([
    [{ share: 2 }, /localShare\.share`.*got 2/],
    [{ keepMs: 0 }, /localShare\.keepMs`.*got 0/],
    [{ busyCalls: 0.5 }, /localShare\.busyCalls`.*got 0\.5/],
    [{ shre: 0.1 }, /localShare\.shre.*Did you mean `share`/],
  ])('refuses the options %j by name', (options, message) => {
    expect(() => localShare(memoryLedger(), options as LocalShareOptions)).toThrow(message)
  })

  it('refuses what is not a ledger', () => {
    expect(() => localShare({} as never)).toThrow(/localShare\(ledger\).*ledger/)
  })
})

describe('a ledger around another, with slices', () => {
  it.each(ledgerConformance)('$name', ({ run }) => run(({ now }) => localShare(memoryLedger({ now }))))
})
