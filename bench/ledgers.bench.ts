import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { type Ledger, memoryLedger } from 'llmops-middleware/budget'
import { redisLedger } from 'llmops-middleware/budget/redis'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import { startRedisServer } from 'test-support/redis-server'
import { redisKeys } from '../packages/llmops-middleware/src/ledger/redis/keys.ts'
import { reserveCall, settleCall } from '../packages/llmops-middleware/src/ledger/redis/requests.ts'
import { reserveScript, type Script, settleScript } from '../packages/llmops-middleware/src/ledger/redis/script.ts'
import { type Measured, measure } from './harness/compare.ts'
import type { BenchRow } from './row.ts'

export const title = 'Ledgers: one reservation and its settlement'

type ReserveRequest = Parameters<Ledger['reserve']>[0]
type Nanos = Parameters<Ledger['settle']>[1]
type Hold = Parameters<Ledger['settle']>[0]

const AMOUNT = 1000 as Nanos
const LIMIT = Number.MAX_SAFE_INTEGER as Nanos

function request(id: string): ReserveRequest {
  return {
    id,
    claims: [{ account: 'tenant:bench', formerly: 'tenant:bench', period: 'month', limitNanos: LIMIT }],
    offers: [{ amountNanos: AMOUNT, floorNanos: AMOUNT }],
    leaseMs: 60_000,
    leaseEnd: 'charge',
    contendedShare: 1,
  }
}

export async function run(): Promise<BenchRow[]> {
  return [...memory(), ...(await sqlite()), ...(await redis())]
}

function memory(): BenchRow[] {
  const ledger = memoryLedger()
  const ours = microsPerRound(500_000, (round) => {
    const result = ledger.reserve(request(`hold-${round}`))
    if (result.granted) ledger.settle(result.hold, AMOUNT)
  })
  const account = { spent: 0, held: 0 }
  const holds = new Map<string, number>()
  const bare = microsPerRound(500_000, (round) => {
    const id = `hold-${round}`
    if (account.spent + account.held + AMOUNT > Number.MAX_SAFE_INTEGER) return
    account.held += AMOUNT
    holds.set(id, AMOUNT)
    account.held -= holds.get(id)!
    holds.delete(id)
    account.spent += AMOUNT
  })
  return [row('memory, a pair', ours, bare, 'µs', 'a bare integer version')]
}

function microsPerRound(rounds: number, act: (round: number) => void): number {
  for (let round = 0; round < rounds / 5; round++) act(round)
  const startedAtMs = performance.now()
  for (let round = 0; round < rounds; round++) act(round + rounds)
  return ((performance.now() - startedAtMs) * 1000) / rounds
}

async function sqlite(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgers-bench-'))
  try {
    const ledger = sqliteLedger(join(folder, 'ledger.db'))
    const one = await pairs(ledger, 500, 1)
    const many = await pairs(ledger, 20_000, 64)
    await ledger.close()
    const bare = bareTransactions(join(folder, 'bare.db'), 1000)
    return [
      row('SQLite, one operation', (one.p50Ms * 1000) / 2, bare, 'µs', 'one bare synced transaction'),
      { name: 'SQLite, pairs a second, 64 at a time', value: many.callsPerSecond.toFixed(0) },
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

function bareTransactions(path: string, count: number): number {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE account (spent INTEGER)')
  database.exec('INSERT INTO account VALUES (0)')
  const update = database.prepare('UPDATE account SET spent = spent + 1')
  const micros = microsPerRound(count, () => {
    database.exec('BEGIN IMMEDIATE')
    update.run()
    database.exec('COMMIT')
  })
  database.close()
  return micros
}

let holds = 0

function pairs(ledger: Ledger, calls: number, concurrency: number): Promise<Measured> {
  return measure(
    async () => {
      const result = await ledger.reserve(request(`hold-${++holds}`))
      if (result.granted) await ledger.settle(result.hold, AMOUNT)
    },
    { calls, concurrency },
  )
}

async function redis(): Promise<BenchRow[]> {
  const server = await startRedisServer()
  const client = new Redis(server.url)
  try {
    const ledger = redisLedger(client, { timeoutMs: 10_000 })
    await pairs(ledger, 2000, 64)
    const many = await pairs(ledger, 50_000, 64)
    const one = await pairs(ledger, 3000, 1)
    const bareOne = await measure(() => client.evalsha(reserveScript.sha1, ...bareArgs()), {
      calls: 3000,
      concurrency: 1,
    })
    const reserves = await benchmark(server.port, reserveScript, reserveCall(SETTINGS, request('__rand_int__')))
    const settles = await benchmark(server.port, settleScript, settleCall(SETTINGS, HOLD, AMOUNT, 0 as Nanos))
    const bound = 1 / (1 / reserves + 1 / settles)
    return [
      {
        name: 'Redis, pairs a second, 64 at a time',
        value: many.callsPerSecond.toFixed(0),
        baseline: `${bound.toFixed(0)} (redis-benchmark, the same two scripts)`,
        ratio: many.callsPerSecond / bound,
        bound: 'at least 0.85',
      },
      {
        name: 'Redis, a pair, 64 at a time, p99',
        value: `${many.p99Ms.toFixed(2)} ms`,
        bound: 'at most 3 ms, for each of the two',
      },
      ...(await comparedWithTheLeast(client, ledger)),
      row('Redis, one operation, p50', (one.p50Ms * 1000) / 2, bareOne.p50Ms * 1000, 'µs', 'a bare EVALSHA'),
      await localShareRow(server.url, one.callsPerSecond),
    ]
  } finally {
    client.disconnect()
    await server.stop()
  }
}

/** The smallest script that could hold money: it reads an account, adds to it, stores lease and hold, and checks nothing. */
const LEAST = `
local account = redis.call('HMGET', KEYS[2], 'spent', 'held')
if (tonumber(account[1]) or 0) + (tonumber(account[2]) or 0) + tonumber(ARGV[2]) > tonumber(ARGV[3]) then return 0 end
redis.call('HINCRBY', KEYS[2], 'held', ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
redis.call('SET', KEYS[1], ARGV[2], 'PX', 60000)
return 1`

/** Measured in turn, so that drift affects both. The server's own time per script does not depend on the load of the machine. */
async function comparedWithTheLeast(client: Redis, ledger: Ledger): Promise<BenchRow[]> {
  const sha1 = (await client.script('LOAD', LEAST)) as string
  const least = async () => {
    const id = `least-${++holds}`
    await client.evalsha(sha1, 3, `{least}:${id}`, '{least}:account', '{least}:leases', id, 1, 2 ** 52, Date.now())
  }
  const open: Hold[] = []
  const reserve = async () => {
    const result = await ledger.reserve(request(`hold-${++holds}`))
    if (result.granted) open.push(result.hold)
  }
  const settle = async () => void (await ledger.settle(open.pop()!, AMOUNT))
  const pair = async () => {
    await reserve()
    await settle()
  }
  const micros = { least: [] as number[], reserve: [] as number[], settle: [] as number[] }
  const p50Ms = { least: [] as number[], reserve: [] as number[] }
  const p99OverP50: number[] = []
  const load = { calls: 500, concurrency: 64 }
  const alone = { calls: 200, concurrency: 1 }
  for (let round = 0; round < 31; round++) {
    micros.least.push(await serverMicros(client, () => measure(least, load), load.calls))
    micros.reserve.push(await serverMicros(client, () => measure(reserve, load), load.calls))
    micros.settle.push(await serverMicros(client, () => measure(settle, load), load.calls))
    p50Ms.least.push((await measure(least, alone)).p50Ms)
    p50Ms.reserve.push((await measure(reserve, alone)).p50Ms)
    while (open.length > 0) await settle()
    await client.del('{least}:account', '{least}:leases')
    const both = await measure(pair, { calls: 2000, concurrency: 64 })
    p99OverP50.push(both.p99Ms / both.p50Ms)
  }
  const of = 'the least script that could hold'
  const bound = 'at most 1.6'
  const micros50 = { least: middle(p50Ms.least) * 1000, reserve: middle(p50Ms.reserve) * 1000 }
  return [
    { ...row('Redis, one reservation, p50', micros50.reserve, micros50.least, 'µs', of), bound },
    row('Redis, the server alone, one reservation', middle(micros.reserve), middle(micros.least), 'µs', of),
    row('Redis, the server alone, one settlement', middle(micros.settle), middle(micros.least), 'µs', of),
    {
      name: 'Redis, a pair, 64 at a time, p99 over p50',
      value: middle(p99OverP50).toFixed(2),
      bound: 'at most 4',
    },
  ]
}

/** The time of the server's scripts per call of `act`, in microseconds. */
async function serverMicros(client: Redis, act: () => Promise<unknown>, calls: number): Promise<number> {
  await client.config('RESETSTAT')
  await act()
  const [, micros] = /cmdstat_evalsha:calls=\d+,usec=(\d+)/.exec(await client.info('commandstats')) ?? []
  return Number(micros) / calls
}

const middle = (values: readonly number[]) => values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)]!

/** Reservations that a process decides on its own, compared with one round trip per reservation. */
async function localShareRow(url: string, roundTripsPerSecond: number): Promise<BenchRow> {
  const { BudgetBreaker, localShare } = await import('llmops-middleware/budget')
  const client = new Redis(url)
  const ledger = localShare(redisLedger(client, { namespace: 'share' }))
  const budget = new BudgetBreaker({ limitUsd: 1_000_000, ledger })
  const call = { tenant: 'bench', model: 'gpt-4o-mini', inputTokens: 100, maxOutputTokens: 100 }
  const usage = { inputTokens: 90, outputTokens: 50 }
  const act = async () => {
    const admission = await budget.reserve(call)
    if (admission.granted) await admission.settle(usage)
  }
  await measure(act, { calls: 2000, concurrency: 1 })
  const measured = await measure(act, { calls: 100_000, concurrency: 1 })
  await budget.close()
  client.disconnect()
  return {
    name: 'local share, pairs a second, 1 at a time',
    value: measured.callsPerSecond.toFixed(0),
    baseline: `${roundTripsPerSecond.toFixed(0)} (Redis, 1 at a time)`,
    ratio: measured.callsPerSecond / roundTripsPerSecond,
    bound: 'at least 20',
  }
}

const SETTINGS = {
  keys: redisKeys('default', undefined),
  rememberMs: 6 * 3_600_000,
  now: undefined,
  aroundMs: Date.now(),
}
const HOLD = {
  id: '__rand_int__',
  amountNanos: AMOUNT,
  reservedAtMs: Date.now(),
  accounts: request('').claims.map((claim) => ({ ...claim, periodStartMs: Date.UTC(2026, new Date().getUTCMonth()) })),
}

function bareArgs(): [number, ...(string | number)[]] {
  const { keys, args } = reserveCall(SETTINGS, request(`bare-${++holds}`))
  return [keys.length, ...keys, ...args]
}

/** Requests per second of redis-benchmark with a script, each with its own id. */
async function benchmark(
  port: number,
  script: Script,
  call: { keys: string[]; args: (string | number)[] },
): Promise<number> {
  const args = [
    '-p',
    port,
    '-c',
    64,
    '-n',
    50_000,
    '-r',
    1_000_000_000,
    '--csv',
    'EVALSHA',
    script.sha1,
    call.keys.length,
  ]
  const { stdout } = await promisify(execFile)('redis-benchmark', [...args, ...call.keys, ...call.args].map(String))
  const cells = stdout.trim().split('\n').at(-1)!.split('","')
  return Number(cells[1]!.replaceAll('"', ''))
}

function row(name: string, ours: number, baseline: number, unit: string, of: string): BenchRow {
  return {
    name,
    value: `${ours.toFixed(2)} ${unit}`,
    baseline: `${baseline.toFixed(2)} ${unit} (${of})`,
    ratio: ours / baseline,
  }
}
