import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { sourceArguments } from 'command-line/source-arguments'
import { Redis } from 'ioredis'
import { sized } from 'test-support/sized'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { BudgetBreaker } from '../../src/budget/index.ts'
import { createLlmOps } from '../../src/index.ts'
import { redisLedger } from '../../src/ledger/redis/redis-ledger.ts'
import { type GeneratedCall, GeneratedCalls } from './generated-calls.ts'
import { startProviderDouble } from './provider-double.ts'
import { Misfortune, Random } from './random.ts'
import type { WorkerOrder, WorkerTally } from './worker.ts'

const PROCESSES = sized({ test: 4, soak: 8 })
const CALLS = sized({ test: 10_000, soak: 100_000 })
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Calls of the tests that make one at a time. */
const ONE_BY_ONE = sized({ test: 1500, soak: 20_000 })
/** What a request without any text is held at, in nano-USD of the dearest model here. */
const FRAMES = 200 * 2500
const NANO = 1e-9

async function work(order: WorkerOrder): Promise<WorkerTally> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(order)], { execArgv: sourceArguments() })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said = once(child, 'message') as Promise<[WorkerTally]>
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`A process ended with ${code}.`)))
  return (await Promise.race([said, ended]))[0]
}

describe(`generated calls (seed ${SEED}) against a provider that bills by its own rules`, () => {
  it(`never pass a limit, and are counted as they are billed: ${CALLS} from ${PROCESSES} processes`, {
    timeout: sized({ test: 300_000, soak: 3_600_000 }),
  }, async () => {
    const redisUrl = inject('redisUrl')
    const namespace = `billing-${randomUUID()}`
    // About half of what the calls would come to.
    const limitUsd = CALLS * 0.004
    const orders = Array.from({ length: PROCESSES }, (_, index) => ({
      ...{ redisUrl, namespace, limitUsd, seed: SEED + index * 1000, calls: CALLS / PROCESSES, concurrency: 50 },
    }))
    const tallies = await Promise.all(orders.map(work))
    const billUsd = tallies.reduce((sum, { billNanos }) => sum + billNanos, 0) * NANO

    const redis = new Redis(redisUrl)
    onTestFinished(() => redis.disconnect())
    const budget = new BudgetBreaker({ limitUsd, ledger: redisLedger(redis, { namespace, timeoutMs: 30_000 }) })
    const { spentUsd, heldUsd } = await budget.read('contoso')
    await budget.close()
    const codes = new Set(tallies.flatMap(({ statuses }) => Object.keys(statuses)))
    expect(billUsd).toBeLessThanOrEqual(limitUsd)
    expect(heldUsd).toBe(0)
    expect(Math.abs(spentUsd - billUsd)).toBeLessThanOrEqual(billUsd / 1000)
    expect([...codes].sort()).toEqual(['402 budget_exceeded', 'ok'])
  })

  it('are each held no lower than they are billed, and charged as they are', { timeout: 240_000 }, async () => {
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1e6 } })
    onTestFinished(() => ops.close())
    const read = () => ops.budget.read('contoso')
    let held = 0
    const provider = await startProviderDouble(new Random(SEED), async () => {
      held = nanosOf((await read()).heldUsd)
    })
    onTestFinished(() => provider.close())
    const generated = new GeneratedCalls(new Random(SEED + 1))
    const wrong: string[] = []
    for (let count = 0; count < ONE_BY_ONE; count++) {
      const call = generated.next()
      const [billedBefore, spentBefore] = [provider.billNanos(), nanosOf((await read()).spentUsd)]
      const { text } = await send(ops.fetch, provider.url, call)
      generated.answered(idIn(text))
      await ops.budget.drain()
      const billed = provider.billNanos() - billedBefore
      const charged = nanosOf((await read()).spentUsd) - spentBefore
      if (charged !== billed) wrong.push(`charged ${charged}, billed ${billed}: ${shown(call)}\n${text.slice(0, 600)}`)
      if (held < billed) wrong.push(`held ${held}, billed ${billed}: ${shown(call)}`)
    }
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('are admitted with twice the documented worst case', { timeout: 240_000 }, async () => {
    const provider = await startProviderDouble(new Misfortune())
    onTestFinished(() => provider.close())
    const generated = new GeneratedCalls(new Random(SEED + 2))
    const wrong: string[] = []
    for (let count = 0; count < ONE_BY_ONE; count++) {
      const call = generated.next()
      const billedBefore = provider.billNanos()
      await send(fetch, provider.url, call)
      const worst = provider.billNanos() - billedBefore
      const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: (2 * worst + FRAMES) * NANO } })
      const { status, clamp, text } = await send(ops.fetch, provider.url, call)
      await ops.close()
      if (status !== 200) wrong.push(`refused with ${worst}: ${text} ${shown(call)}`)
      // One that names no cap gets one where it would leave others no room.
      else if (clamp !== null && isCapped(call)) wrong.push(`cut to ${clamp} with ${worst}: ${shown(call)}`)
    }
    expect(wrong.slice(0, 5)).toEqual([])
  })
})

async function send(by: typeof fetch, url: string, { path, body }: GeneratedCall) {
  const headers = { 'content-type': 'application/json' }
  const response = await by(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const clamp = response.headers.get('x-llmops-max-output-tokens')
  return { status: response.status, clamp, text: await response.text() }
}

const nanosOf = (usd: number) => Math.round(usd / NANO)
const idIn = (text: string) => /"id":"(resp_[^"]+)"/.exec(text)?.[1]
const shown = ({ path, body }: GeneratedCall) => {
  const { messages, input, ...terms } = body
  return `${path} ${JSON.stringify(terms).slice(0, 400)} ${JSON.stringify(messages ?? input).slice(0, 200)}`
}
const isCapped = ({ body }: GeneratedCall) =>
  Object.keys(body).some((name) => name.startsWith('max_') && name !== 'max_tool_calls')
