import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { modelLedger } from '../../test/support/model-ledger.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { Nanos } from '../usd.ts'
import type { Claim, Hold, Ledger, ReserveRequest } from './ledger.ts'
import { memoryLedger } from './memory/memory-ledger.ts'
import { redisLedger } from './redis/redis-ledger.ts'
import { sqliteLedger } from './sqlite/sqlite-ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'ledger-property-'))
const redis = new Redis(inject('redisUrl'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await redis.quit()
})

const MINUTE_MS = 60_000
const rememberMs = 31 * 24 * 60 * MINUTE_MS

const ledgers: { name: string; operations: number; create(now: () => number): Ledger }[] = [
  { name: 'memory', operations: sized({ test: 40_000, soak: 1_000_000 }), create: (now) => memoryLedger({ now }) },
  {
    name: 'SQLite',
    operations: sized({ test: 8_000, soak: 200_000 }),
    create: (now) => sqliteLedger(join(folder, `${randomUUID()}.db`), { now, rememberMs, synchronous: 'normal' }),
  },
  {
    name: 'Redis',
    operations: sized({ test: 10_000, soak: 500_000 }),
    create: (now) => redisLedger(redis, { now, rememberMs, namespace: randomUUID(), timeoutMs: 30_000 }),
  },
]

const claims: readonly Claim[] = [
  {
    account: 'tenant:contoso',
    formerly: 'tenant:contoso',
    period: 'day',
    limitNanos: 5000 as Nanos,
    noticeShares: [0.5, 0.8],
  },
  { account: 'tenant:contoso', formerly: 'tenant:contoso', period: 'hour', limitNanos: 1200 as Nanos },
  { account: 'user:ada', period: { rollingMs: 60 * MINUTE_MS }, limitNanos: 2000 as Nanos, noticeShares: [0.1, 0.9] },
]

const amount = fc.oneof(fc.nat(500), fc.constantFrom(0, 1, 1200, 5000)).map((value) => value as Nanos)
const offer = fc
  .record({
    amount,
    floorShare: fc.constantFrom(0, 0.1, 1),
    belowShare: fc.constantFrom(undefined, 0.4, 0.8),
    leaves: fc.constantFrom(undefined, 0, 300),
  })
  .map(({ amount, floorShare, belowShare, leaves }) => ({
    amountNanos: amount,
    floorNanos: Math.floor(amount * floorShare) as Nanos,
    ...(belowShare === undefined ? {} : { belowShare }),
    ...(leaves === undefined ? {} : { leavesNanos: leaves as Nanos }),
  }))

const operation = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      claims: fc.subarray([...claims], { minLength: 1 }),
      offers: fc.array(offer, { minLength: 1, maxLength: 3 }),
      leaseMs: fc.constantFrom(1, MINUTE_MS, 10 * MINUTE_MS, 90 * MINUTE_MS),
      leaseEnd: fc.constantFrom('charge' as const, 'release' as const),
      contendedShare: fc.constantFrom(1, 0.5, 0.3),
      whenHeld: fc.constantFrom('clamp' as const, 'wait' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), which: fc.nat() }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(30), amount, known: amount }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('renew' as const), leaseMs: fc.constantFrom(1, 5 * MINUTE_MS) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('limit' as const),
      claim: fc.constantFrom(...claims),
      limitNanos: fc.constantFrom(undefined, 0, 800, 3000),
      lasts: fc.constantFrom('period' as const, 'always' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(
        { weight: 8, arbitrary: fc.nat(2 * MINUTE_MS) },
        { weight: 2, arbitrary: fc.nat(90 * MINUTE_MS) },
        { weight: 1, arbitrary: fc.constant(26 * 60 * MINUTE_MS) },
      ),
    }),
  },
)
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

const RUN_LENGTH = 200

describe.each(ledgers)('the $name ledger', ({ create, operations }) => {
  it(`answers ${operations} random operations as the model does`, async () => {
    let performed = 0
    const property = fc.asyncProperty(
      fc.array(operation, { minLength: RUN_LENGTH, maxLength: RUN_LENGTH }),
      async (sequence) => {
        const clock = { nowMs: Date.parse('2026-03-31T20:00:00Z') }
        const ledger = create(() => clock.nowMs)
        const model = modelLedger(() => clock.nowMs)
        const answer = performer(clock)
        try {
          for (const step of sequence) {
            const [given, expected] = [await answer.by(ledger, step), await answer.by(model, step)]
            expect(given).toEqual(expected)
            answer.remember(step, expected)
            performed += 1
          }
        } finally {
          await ledger.close()
        }
      },
    )
    await fc.assert(property, { numRuns: operations / RUN_LENGTH, endOnFailure: true })
    expect(performed).toBeGreaterThanOrEqual(operations)
  })
})

/** Performs the same step on several ledgers, and remembers the holds that came of it. */
function performer(clock: { nowMs: number }) {
  const requests: ReserveRequest[] = []
  const holds: Hold[] = []

  async function by(ledger: Ledger, step: Operation): Promise<unknown> {
    switch (step.kind) {
      case 'reserve':
        return await reserve(ledger, { ...step, id: `hold-${requests.length}` })
      case 'repeat': {
        const request = requests[step.which % Math.max(requests.length, 1)]
        return request === undefined ? undefined : await reserve(ledger, request)
      }
      case 'settle': {
        const hold = holds[holds.length - 1 - (step.which % Math.max(holds.length, 1))]
        return hold === undefined
          ? undefined
          : await ledger.settle(hold, step.amount, Math.max(0, step.amount - step.known) as Nanos)
      }
      case 'renew':
        return await ledger.renew(holds.slice(-10), step.leaseMs)
      case 'read':
        return await ledger.read(claims)
      case 'limit': {
        const { account, period } = step.claim
        await ledger.setLimit({ account, period, limitNanos: step.limitNanos as Nanos | undefined, lasts: step.lasts })
        return await ledger.read(claims)
      }
      case 'wait':
        return undefined
    }
  }

  return {
    by,
    remember(step: Operation, answer: unknown) {
      if (step.kind === 'wait') clock.nowMs += step.ms
      if (step.kind !== 'reserve') return
      const result = answer as Awaited<ReturnType<typeof reserve>>
      if (result === 'ended' || !result.granted) return
      requests.push({ ...step, id: result.hold.id })
      holds.push(result.hold)
    },
  }
}

async function reserve(ledger: { reserve(request: ReserveRequest): MaybePromise<unknown> }, request: ReserveRequest) {
  const { id, claims, offers, leaseMs, leaseEnd, contendedShare, whenHeld = 'clamp' } = request
  try {
    const result = await ledger.reserve({ id, claims, offers, leaseMs, leaseEnd, contendedShare, whenHeld })
    return result as Awaited<ReturnType<Ledger['reserve']>>
  } catch {
    return 'ended' as const
  }
}
