import { execFileSync } from 'node:child_process'
import { Redis } from 'ioredis'
import { type RedisServer, startRedisServer } from 'test-support/redis-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Nanos } from '../../usd.ts'
import type { Ledger } from '../ledger.ts'
import { LedgerCorruptedError } from '../ledger-corrupted-error.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import { redisLedger } from './redis-ledger.ts'

const claim = { account: 'tenant:contoso', period: 'month', limitNanos: 1000 as Nanos } as const

let server: RedisServer
let redis: Redis
let ledger: Ledger
/** Gives up in the time of a test. */
let impatient: Ledger
beforeEach(async () => {
  server = await startRedisServer()
  redis = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 })
  redis.on('error', () => {})
  // To connect takes longer than an operation may.
  await redis.ping()
  ledger = redisLedger(redis, { timeoutMs: 30_000 })
  impatient = redisLedger(redis, { timeoutMs: 100 })
})
afterEach(async () => {
  redis.disconnect()
  await server.stop()
})

/** Ends the server as a crash would and starts it again on its port, from what it had saved. */
async function restart(): Promise<void> {
  const { port, folder } = server
  await server.kill()
  server = await startRedisServer({ port, folder })
}

let ids = 0
const hold = (amount: number) => holdOn(ledger, amount)

const state = async () => (await ledger.read([claim]))[0]!

describe('the Redis ledger', () => {
  it('says in bounded time that Redis is not there, and goes on when it is back', async () => {
    await hold(10)
    const { port, folder } = server
    await server.kill()
    await expect(holdOn(impatient)).rejects.toBeInstanceOf(LedgerUnavailableError)
    server = await startRedisServer({ port, folder })
    await expect
      .poll(() =>
        holdOn(impatient).then(
          () => 'held',
          () => 'unavailable',
        ),
      )
      .toBe('held')
  })

  it('releases what a slow Redis held after its caller had stopped waiting', async () => {
    await hold(10)
    const operator = new Redis(server.url)
    await operator.call('CLIENT', 'PAUSE', '60000', 'WRITE')
    await expect(holdOn(impatient, 500)).rejects.toBeInstanceOf(LedgerUnavailableError)
    await operator.call('CLIENT', 'UNPAUSE')
    operator.disconnect()
    await expect
      .poll(() =>
        holdOn(impatient, 1).then(
          () => 'held',
          () => 'unavailable',
        ),
      )
      .toBe('held')
    await expect.poll(async () => (await state()).heldNanos).toBeLessThan(500)
  })

  it('takes an answer that came while the process itself was busy', async () => {
    await hold(10)
    const answered = holdOn(impatient, 20)
    beBusy(200)
    expect((await answered).amountNanos).toBe(20)
  })

  it('knows the size of an earlier answer that Redis told while the process itself was busy', async () => {
    await redis.set('llmops:default:v1:seen:resp_1', '905')
    const told = impatient.seen!.read(['resp_1'])
    beBusy(200)
    expect(await told).toEqual([{ tokens: 905 }])
  })

  it('sends a Redis that hangs, on close, every call that was abandoned', async () => {
    await hold(10)
    process.kill(server.processId, 'SIGSTOP')
    const calls = await Promise.allSettled(Array.from({ length: 120 }, () => holdOn(impatient, 1)))
    expect(calls.every(({ status }) => status === 'rejected')).toBe(true)
    await impatient.close()
    process.kill(server.processId, 'SIGCONT')
    expect(await state()).toMatchObject({ heldNanos: 10, spentNanos: 0 })
  })

  it('counts what was reserved before a restart that lost everything, once', async () => {
    const before = await hold(300)
    await restart()
    await expect
      .poll(() =>
        Promise.resolve(ledger.settle(before, 250 as Nanos)).then(
          ({ outcome }) => outcome,
          () => 'unavailable',
        ),
      )
      .toBe('restored')
    expect((await ledger.settle(before, 250 as Nanos)).outcome).toBe('duplicate')
    expect(await state()).toMatchObject({ spentNanos: 250, heldNanos: 0 })
  })

  it('lets no more through after an older snapshot came back than was settled since', async () => {
    await ledger.settle(await hold(400), 400 as Nanos)
    await redis.save()
    await ledger.settle(await hold(100), 100 as Nanos)
    const open = await hold(200)
    await restart()
    await expect
      .poll(() =>
        state().then(
          ({ spentNanos }) => spentNanos,
          () => -1,
        ),
      )
      .toBe(400)
    // The hold of before is not there: it is counted when it settles.
    await ledger.settle(open, 200 as Nanos)
    const left = 1000 - (await state()).spentNanos
    await expect(hold(left + 1)).rejects.toThrow('refused')
    expect(left).toBe(400)
  })

  it('needs none of its scripts to be there', async () => {
    await hold(10)
    await redis.script('FLUSH')
    await hold(10)
    expect(await state()).toMatchObject({ heldNanos: 20 })
  })

  it('reports a key that is not its own, and leaves it as it is', async () => {
    await hold(10)
    const key = (await redis.keys('llmops:*:account:*'))[0]!
    await redis.del(key)
    await redis.set(key, 'mine')
    await expect(hold(10)).rejects.toBeInstanceOf(LedgerCorruptedError)
    await expect(hold(10)).rejects.toThrow(key)
    expect(await redis.get(key)).toBe('mine')
  })

  it('reports numbers that are not ours, and leaves them as they are', async () => {
    await hold(10)
    const key = (await redis.keys('llmops:*:account:*'))[0]!
    const fields = Object.keys(await redis.hgetall(key))
    await redis.hset(key, Object.fromEntries(fields.map((field) => [field, 'a lot'])))
    await expect(state()).rejects.toBeInstanceOf(LedgerCorruptedError)
    expect((await redis.hgetall(key))[fields[0]!]).toBe('a lot')
  })

  it('keeps time by the server: a client whose clock is an hour off counts in the same period', async () => {
    const ahead = redisLedger(redis, { timeoutMs: 30_000 })
    const realNow = Date.now
    try {
      Date.now = () => realNow() + 3_600_000
      await ahead.settle(await holdOn(ahead), 70 as Nanos)
    } finally {
      Date.now = realNow
    }
    expect(await state()).toMatchObject({ spentNanos: 70 })
    const [hour] = await ahead.read([{ ...claim, period: 'hour' }])
    expect(hour!.resetsAtMs).toBeLessThanOrEqual((Math.floor(realNow() / 3_600_000) + 1) * 3_600_000)
  })

  it('lets its keys expire after their period', async () => {
    await ledger.settle(await hold(10), 10 as Nanos)
    for (const key of await redis.keys('llmops:*')) expect(await redis.pttl(key), key).toBeGreaterThan(0)
  })

  it('lets many processes together hold no more than the limit', async () => {
    const clients = Array.from({ length: 8 }, () => new Redis(server.url))
    const ledgers = clients.map((client) => redisLedger(client, { timeoutMs: 30_000 }))
    const held = await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        holdOn(ledgers[index % 8]!, 7).then(
          () => 1,
          () => 0 as number,
        ),
      ),
    )
    expect(held.reduce((sum, one) => sum + one, 0)).toBe(Math.floor(1000 / 7))
    for (const client of clients) client.disconnect()
  })
})

/** Keeps the event loop until Redis has answered all that it was sent, and for so long: timers run out meanwhile. */
function beBusy(forMs: number): void {
  const endsAtMs = performance.now() + forMs
  execFileSync('redis-cli', ['-p', `${server.port}`, 'PING'])
  while (performance.now() < endsAtMs);
}

async function holdOn(ledger: Ledger, amount = 70) {
  const result = await ledger.reserve({
    id: `hold-${++ids}`,
    claims: [claim],
    offers: [{ amountNanos: amount as Nanos, floorNanos: amount as Nanos }],
    leaseMs: 60_000,
    leaseEnd: 'charge',
    contendedShare: 1,
  })
  if (!result.granted) throw new Error('refused')
  return result.hold
}
