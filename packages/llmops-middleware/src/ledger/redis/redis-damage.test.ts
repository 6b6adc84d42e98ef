import { once } from 'node:events'
import { Redis } from 'ioredis'
import OpenAI from 'openai'
import { type RedisServer, startRedisServer } from 'test-support/redis-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { problemOf } from '../../http/problem-of.ts'
import { createLlmOps } from '../../index.ts'
import { redisLedger } from './redis-ledger.ts'

let server: RedisServer
let redis: Redis
beforeAll(async () => {
  server = await startRedisServer()
  redis = new Redis(server.url)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

/** What the operator reads: Node writes warnings of the process to stderr. */
const warnings: (Error & { code?: string })[] = []
const hear = (warning: Error) => {
  if (warning.name === 'LedgerWarning') warnings.push(warning)
}
beforeEach(() => {
  warnings.length = 0
  process.on('warning', hear)
})
afterEach(() => {
  process.off('warning', hear)
})
/** Warnings are told in a later turn of the loop. */
const told = () => new Promise((resolve) => setImmediate(resolve))

let namespaces = 0
function start(namespace = `damage-${++namespaces}`) {
  const ops = createLlmOps({
    budget: { limitUsd: 1, ledger: redisLedger(redis, { namespace, timeoutMs: 30_000 }) },
    defaultTenant: 'contoso',
  })
  const openai = new OpenAI({ apiKey: 'any', baseURL: 'http://127.0.0.1:1/v1', maxRetries: 0, fetch: ops.fetch })
  const messages = [{ role: 'user' as const, content: 'Hello' }]
  const ask = () => openai.chat.completions.create({ model: 'gpt-4o', messages }).catch((error: unknown) => error)
  const account = `llmops:{${namespace}}:v1:account:month:tenant:contoso`
  const leases = `llmops:{${namespace}}:v1:leases:month:tenant:contoso`
  return { ops, ask, account, leases }
}

const DAMAGE: Readonly<Record<string, (keys: { account: string; leases: string }) => Promise<unknown>>> = {
  'a string': ({ account }) => redis.set(account, 'mine'),
  'a hash of somebody else': async ({ account }) => {
    await redis.del(account)
    await redis.hset(account, 'name', 'Ada')
  },
  'a spend that is no number': async ({ account }) => redis.hset(account, 'spent', 'NaN'),
  'a spend below zero': async ({ account }) => redis.hset(account, 'spent', '-1000000000'),
  'holds below zero': async ({ account }) => redis.hset(account, 'held', '-1000000000'),
  'an account without its start': async ({ account }) => redis.hdel(account, 'start'),
  'a list in place of the leases': async ({ leases }) => {
    await redis.del(leases)
    await redis.rpush(leases, 'one')
  },
}

/** Of a hash its fields: Redis moves them about while nobody changes them. */
async function contentOf(key: string): Promise<unknown> {
  return (await redis.type(key)) === 'hash' ? redis.hgetall(key) : redis.dump(key)
}

describe('a damaged key of the Redis ledger', () => {
  it.each(Object.entries(DAMAGE))('is named to the caller, and once to the operator: %s', async (_, damage) => {
    const { ops, ask, account, leases } = start()
    await ops.budget.reserve({ tenant: 'contoso', model: 'gpt-4o', inputTokens: 1 })
    await damage({ account, leases })
    const before = [await contentOf(account), await contentOf(leases)]

    const errors = [await ask(), await ask()] as (Error & { code: string })[]
    await told()
    for (const error of errors) {
      expect(error).toMatchObject({ status: 400, code: 'ledger_corrupted' })
      expect([account, leases].some((key) => error.message.includes(key))).toBe(true)
      expect(error.message).not.toContain('script')
      expect(problemOf(error)).toMatchObject({ status: 500, code: 'ledger_corrupted' })
      // Names of tenants are not for everybody.
      expect(problemOf(error).detail).not.toContain('contoso')
    }
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ code: 'ledger_corrupted' })
    expect(errors[0]!.message).toBe(`400 ${warnings[0]!.message} The call was not sent.`)
    expect([await contentOf(account), await contentOf(leases)]).toEqual(before)
  })

  it('sends no other warning where all is well', async () => {
    const { ask } = start()
    await ask()
    await told()
    expect(warnings).toEqual([])
  })
})

describe('a Redis that drops keys when its memory is full', () => {
  afterEach(() => redis.config('SET', 'maxmemory-policy', 'noeviction'))

  it.each(['allkeys-lru', 'volatile-ttl'])('is told once, by name, and in the guarantee: %s', async (policy) => {
    await redis.config('SET', 'maxmemory-policy', policy)
    const { ops, ask } = start()
    const heard = once(process, 'warning')
    await ask()
    await heard
    await ask()
    await told()
    expect(warnings.map(({ code }) => code)).toEqual(['ledger_evicts'])
    expect(warnings[0]!.message).toContain(`maxmemory-policy ${policy}`)
    expect(warnings[0]!.message).toContain(`'damage-${namespaces}'`)
    expect(ops.budget.explainGuarantee()).toContain(`Its maxmemory-policy is ${policy}`)
  })

  it('does not warn of one that refuses to write instead', async () => {
    const { ops, ask } = start()
    await ask()
    await redis.ping()
    await told()
    expect(warnings).toEqual([])
    expect(ops.budget.explainGuarantee()).not.toContain('maxmemory-policy')
  })

  it('goes on where the server does not say', async () => {
    await redis.call('ACL', 'SETUSER', 'shy', 'on', '>secret', '~*', '&*', '+@all', '-info')
    const shy = new Redis(server.url, { username: 'shy', password: 'secret', enableReadyCheck: false })
    const ledger = redisLedger(shy, { namespace: 'shy', timeoutMs: 30_000 })
    const ops = createLlmOps({ budget: { limitUsd: 1, ledger } })
    const call = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1 }
    expect((await ops.budget.reserve(call)).granted).toBe(true)
    expect((await ops.budget.reserve(call)).granted).toBe(true)
    await told()
    expect(warnings).toEqual([])
    shy.disconnect()
  })
})
