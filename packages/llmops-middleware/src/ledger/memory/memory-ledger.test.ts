import { describe, expect, it } from 'vitest'
import type { Nanos } from '../../usd.ts'
import { ledgerConformance } from '../conformance/index.ts'
import { memoryLedger } from './memory-ledger.ts'

describe('the memory ledger', () => {
  for (const { name, run } of ledgerConformance) it(name, () => run(memoryLedger))

  const claim = { account: 'tenant:contoso', period: 'month', limitNanos: 1_000_000 as Nanos } as const
  const offers = [{ amountNanos: 10 as Nanos, floorNanos: 10 as Nanos }]

  function holdOn(ledger: ReturnType<typeof memoryLedger>, id: string) {
    const result = ledger.reserve({
      id,
      claims: [claim],
      offers,
      leaseMs: 1000,
      leaseEnd: 'charge',
      contendedShare: 1,
    })
    if (!result.granted) throw new Error('refused')
    return result.hold
  }

  it('answers a settlement of a hold that it has forgotten with unknown, and counts nothing', () => {
    let nowMs = 0
    const ledger = memoryLedger({ rememberedHolds: 2, now: () => nowMs })
    const first = holdOn(ledger, 'first')
    ledger.settle(first, 10 as Nanos)
    for (const id of ['second', 'third']) {
      nowMs += 1
      ledger.settle(holdOn(ledger, id), 10 as Nanos)
    }
    expect(ledger.settle(first, 10 as Nanos).outcome).toBe('unknown')
    expect(ledger.read([claim])[0]?.spentNanos).toBe(30)
  })

  it('names an option that it cannot use', () => {
    expect(() => memoryLedger({ rememberedHolds: 0 })).toThrow('`rememberedHolds` must be')
  })
})
