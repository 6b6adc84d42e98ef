import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualTimers } from '../../../test/support/manual-timers.ts'
import { remoteLedger } from '../../../test/support/remote-ledger.ts'
import { Budget } from '../../budget/budget.ts'
import {
  type Admission,
  BudgetBreaker,
  type BudgetOptions,
  LedgerCorruptedError,
  LedgerUnavailableError,
  memoryLedger,
  type Reservation,
} from '../../budget/index.ts'

/** gpt-4o: one cent. */
const CENT = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1000, maxOutputTokens: 750 }
const CENT_USED = { inputTokens: 1000, outputTokens: 750 }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'))
})
afterEach(() => rm(folder, { recursive: true }))

function setUp(options: Partial<BudgetOptions> = {}) {
  const ledger = remoteLedger()
  const timers = manualTimers()
  const clock = { ms: 0 }
  const timing = { ...timers, monotonicMs: () => clock.ms }
  const budget = new Budget({ limitUsd: 1, ledger, waitForHoldsMs: 0, ...options }, timing)
  /** What the ledger itself says, whatever this process thinks. */
  const onLedger = () => new BudgetBreaker({ limitUsd: 1, ledger: ledger.books }).read('contoso')
  return { ledger, timers, clock, budget, onLedger }
}

function granted(admission: Admission): Reservation {
  if (!admission.granted) throw new Error(`refused: ${JSON.stringify(admission)}`)
  return admission
}

describe('a budget whose ledger fails', () => {
  it('refuses new calls while it is closed, which is the default', async () => {
    const { ledger, budget } = setUp()
    ledger.isDown = true
    await expect(budget.reserve(CENT)).rejects.toBeInstanceOf(LedgerUnavailableError)
    ledger.isDown = false
    expect((await budget.reserve(CENT)).granted).toBe(true)
  })

  it('loses no settlement: the ledger gets it after its outage, once', async () => {
    const { ledger, timers, budget, onLedger } = setUp()
    const call = granted(await budget.reserve(CENT))
    ledger.isDown = true
    await call.settle({ inputTokens: 100, outputTokens: 0 })
    await timers.tick()
    expect(await onLedger()).toMatchObject({ spentUsd: 0, heldUsd: 0.01 })
    ledger.isDown = false
    await timers.tick()
    await timers.tick()
    expect(await onLedger()).toMatchObject({ spentUsd: 0.00025, heldUsd: 0 })
  })

  it('then reports to the ledger how much of it is unknown', async () => {
    const { ledger, timers, budget, onLedger } = setUp({ ledgerFailure: 'open' })
    const known = granted(await budget.reserve(CENT))
    ledger.isDown = true
    await known.settleUnknown()
    await granted(await budget.reserve(CENT)).settleUnknown()
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0.01, unknownUsd: 0.01 })
    ledger.isDown = false
    await timers.tick()
    await timers.tick()
    expect(await onLedger()).toMatchObject({ spentUsd: 0.02, unknownUsd: 0.02 })
  })

  it('goes on when it is open, counting for itself from what it last knew', async () => {
    const { ledger, budget } = setUp({ limitUsd: 0.05, ledgerFailure: 'open', contendedShare: 1 })
    await granted(await budget.reserve(CENT)).settle(CENT_USED)
    await granted(await budget.reserve({ ...CENT, maxOutputTokens: 0 })).release()
    ledger.isDown = true
    let calls = 0
    for (; (await budget.reserve(CENT)).granted; calls++);
    expect(calls).toBe(4)
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0.01, heldUsd: 0.04, limitUsd: 0.05 })
  })

  it('reports to the ledger afterwards what was spent without it', async () => {
    const { ledger, timers, budget, onLedger } = setUp({ ledgerFailure: 'open' })
    await granted(await budget.reserve(CENT)).settle(CENT_USED)
    ledger.isDown = true
    await granted(await budget.reserve(CENT)).settle(CENT_USED)
    const running = granted(await budget.reserve(CENT))
    ledger.isDown = false
    await timers.tick()
    await running.settle(CENT_USED)
    await timers.tick()
    expect(await onLedger()).toMatchObject({ spentUsd: 0.03, heldUsd: 0 })
  })

  it('does not make every call wait for a ledger that was silent a moment ago', async () => {
    const { ledger, budget } = setUp({ ledgerFailure: 'open' })
    ledger.isDown = true
    await budget.reserve(CENT)
    const asked = ledger.asked
    for (let call = 0; call < 20; call++) await budget.reserve(CENT)
    expect(ledger.asked).toBe(asked)
  })

  it('asks it again with one call a second, and counts on it as soon as it answers', async () => {
    const { ledger, clock, budget, onLedger } = setUp({ ledgerFailure: 'open' })
    ledger.isDown = true
    await budget.reserve(CENT)
    clock.ms = 999
    const asked = ledger.asked
    await budget.reserve(CENT)
    expect(ledger.asked).toBe(asked)
    clock.ms = 1000
    await budget.reserve(CENT)
    await budget.reserve(CENT)
    expect(ledger.asked).toBe(asked + 1)
    ledger.isDown = false
    clock.ms = 2000
    await budget.reserve(CENT)
    expect(await onLedger()).toMatchObject({ heldUsd: 0.01 })
  })

  it('keeps what it spent without the ledger in its folder, for the process that comes after it', async () => {
    const { ledger, budget } = setUp({ ledgerFailure: 'open', journalFolder: folder })
    ledger.isDown = true
    await granted(await budget.reserve(CENT)).settle({ inputTokens: 100, outputTokens: 0 })
    await budget.reserve(CENT)
    const [file] = await readdir(folder)
    // As a process that is gone would have named it.
    await rename(join(folder, file!), join(folder, file!.replace(/\d+/, '99999999')))

    ledger.isDown = false
    const timers = manualTimers()
    const next = new Budget({ limitUsd: 1, ledger, journalFolder: folder }, timers)
    await timers.tick()
    // The call that was running counts its whole hold: nobody can know what it came to.
    expect(await next.read('contoso')).toMatchObject({ spentUsd: 0.01025, heldUsd: 0 })
    expect(await readdir(folder)).toEqual([])
  })

  it('reports a journal that is not one, and leaves it', async () => {
    const path = join(folder, 'settlements-99999999-x.jsonl')
    await writeFile(path, '{"hold":{}}\nnot json\n')
    expect(() => setUp({ journalFolder: folder })).toThrow(LedgerCorruptedError)
    expect(await readdir(folder)).toHaveLength(1)
  })

  it.each([
    [{ ledgerFailure: 'never' }, /ledgerFailure.*closed, open.*never/],
    [{ journalFolder: '' }, /journalFolder/],
  ])('refuses the options %j by name', (options, message) => {
    const ledger = memoryLedger()
    expect(() => new BudgetBreaker({ limitUsd: 1, ledger, ...options } as BudgetOptions)).toThrow(message)
  })
})
