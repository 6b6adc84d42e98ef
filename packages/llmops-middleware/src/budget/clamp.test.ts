import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { Redis } from 'ioredis'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createLlmOps, type LlmOpsOptions, type TaskTotals } from '../index.ts'
import { redisLedger } from '../ledger/redis/redis-ledger.ts'
import { sqliteLedger } from '../ledger/sqlite/sqlite-ledger.ts'
import { createSli } from '../sli/index.ts'
import {
  type Admission,
  BudgetBreaker,
  type BudgetOptions,
  type DownshiftOptions,
  type Ledger,
  memoryLedger,
  type Reservation,
} from './index.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function openLedger(kind: 'memory' | 'SQLite' | 'Redis'): Promise<Ledger> {
  if (kind === 'memory') return memoryLedger()
  if (kind === 'SQLite') {
    const folder = await mkdtemp(join(tmpdir(), 'clamp-'))
    cleanUps.push(() => rm(folder, { recursive: true }))
    const ledger = sqliteLedger(join(folder, 'ledger.db'))
    cleanUps.push(() => ledger.close())
    return ledger
  }
  const redis = new Redis(inject('redisUrl'))
  cleanUps.push(() => redis.quit())
  return redisLedger(redis, { namespace: `clamp-${randomUUID()}`, timeoutMs: 30_000 })
}

/** gpt-4o: $2.50 and $10 a million tokens. One call of 1,000 in and 750 out is one cent. */
const CENT = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1000, maxOutputTokens: 750 }

function granted(admission: Admission): Reservation {
  if (!admission.granted) throw new Error(`refused: ${JSON.stringify(admission)}`)
  return admission
}

describe.each(['memory', 'SQLite', 'Redis'] as const)('a call that does not fit whole, on a ledger in %s', (kind) => {
  async function budgetOf(limitUsd: number, options: Partial<BudgetOptions> = {}) {
    return new BudgetBreaker({ limitUsd, ledger: await openLedger(kind), waitForHoldsMs: 60_000, ...options })
  }

  it('waits for open calls to give back, and keeps its cap', async () => {
    const budget = await budgetOf(0.015)
    const first = granted(await budget.reserve(CENT))
    const second = Promise.resolve(budget.reserve(CENT))
    await first.settle({ inputTokens: 1000, outputTokens: 100 })
    expect(granted(await second)).toMatchObject({ maxOutputTokens: 750, isClamped: false, decision: 'allow' })
  })

  it('waits rather than be moved to the cheaper model', async () => {
    const budget = await budgetOf(0.011, { downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } })
    const first = granted(await budget.reserve(CENT))
    const second = Promise.resolve(budget.reserve(CENT))
    await first.release()
    expect(granted(await second)).toMatchObject({ model: 'gpt-4o', isClamped: false })
  })

  it('does not wait for money that is spent, and is cut at once', async () => {
    const budget = await budgetOf(0.015)
    await granted(await budget.reserve(CENT)).settle({ inputTokens: 1000, outputTokens: 750 })
    expect(granted(await budget.reserve(CENT))).toMatchObject({ maxOutputTokens: 250, isClamped: true, heldUsd: 0.005 })
  })

  it('does not wait where it would be moved because of what is spent', async () => {
    const budget = await budgetOf(0.0105, { downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } }, minOutputTokens: 500 })
    await granted(await budget.reserve(CENT)).settle({ inputTokens: 1000, outputTokens: 700 })
    const open = granted(
      await budget.reserve({ ...CENT, model: 'gpt-4o-mini', inputTokens: 100, maxOutputTokens: 100 }),
    )
    expect(granted(await budget.reserve(CENT))).toMatchObject({ model: 'gpt-4o-mini', decision: 'downshift' })
    await open.release()
  })

  it('is cut after it waited in vain', async () => {
    const budget = await budgetOf(0.015, { waitForHoldsMs: 1 })
    granted(await budget.reserve(CENT))
    expect(granted(await budget.reserve(CENT))).toMatchObject({ maxOutputTokens: 250, isClamped: true })
    expect(await budget.reserve(CENT)).toMatchObject({ granted: false, reason: 'held' })
  })

  it('is cut at once where it may not wait', async () => {
    const budget = await budgetOf(0.015, { waitForHoldsMs: 0 })
    granted(await budget.reserve(CENT))
    expect(granted(await budget.reserve(CENT))).toMatchObject({ maxOutputTokens: 250, isClamped: true })
  })

  it('shares what is left with concurrent calls only if `contendedShare` is set', async () => {
    const shared = await budgetOf(0.05, { contendedShare: 0.125, waitForHoldsMs: 0 })
    granted(await shared.reserve(CENT))
    expect(granted(await shared.reserve(CENT))).toMatchObject({ isClamped: true, maxOutputTokens: 250 })
    const whole = await budgetOf(0.05)
    granted(await whole.reserve(CENT))
    expect(granted(await whole.reserve(CENT))).toMatchObject({ isClamped: false, maxOutputTokens: 750 })
  })

  it('is one of many at once of which none is cut and none passes the limit', async () => {
    const budget = await budgetOf(0.035)
    let heldCents = 0
    let mostCents = 0
    // The limit buys three at once, whatever the pace of the ledger: the first ones hold until there are as many.
    const full = Promise.withResolvers<void>()
    const calls = Array.from({ length: 40 }, async () => {
      const call = granted(await budget.reserve(CENT))
      expect(call).toMatchObject({ isClamped: false, maxOutputTokens: 750 })
      heldCents += 1
      mostCents = Math.max(mostCents, heldCents)
      if (heldCents === 3) full.resolve()
      await full.promise
      await new Promise((resolve) => setImmediate(resolve))
      heldCents -= 1
      await call.settle({ inputTokens: 10, outputTokens: 1 })
    })
    await Promise.all(calls)
    expect(mostCents).toBe(3)
    expect(await budget.read('contoso')).toMatchObject({ heldUsd: 0, spentUsd: 0.0014 })
  })
})

describe('parallel agents on a small budget', () => {
  let endpoint: ModelEndpoint
  beforeEach(async () => {
    endpoint = await startModelEndpoint({ script: () => ({ text: 'word '.repeat(340).trim(), toolCalls: [] }) })
  })
  afterEach(() => endpoint.close())

  const messages = [{ role: 'user' as const, content: 'Search, and say 340 words.' }]

  it.each([
    ['memory', 0.06, 12],
    ['SQLite', 0.06, 12],
    ['Redis', 0.06, 12],
    ['memory', 0.5, 30],
    ['SQLite', 0.5, 30],
    ['Redis', 0.5, 30],
  ] as const)('all get whole answers, on a ledger in %s of $%d: %d', async (kind, limitUsd, agents) => {
    const ops = createLlmOps({ budget: { limitUsd, waitForHoldsMs: 60_000, ledger: await openLedger(kind) } })
    const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    // As frameworks ask: without a cap. The maximum of the model leaves too little for eleven others, so that each gets
    // 4,096 tokens, which cost more than three cents.
    const search = () => openai.chat.completions.create({ model: 'gpt-4.1', messages })
    const { answers, clamps } = await ops.task({ tenant: 'contoso' }, async ({ totals }) => ({
      answers: await Promise.all(Array.from({ length: agents }, search)),
      clamps: totals.clamps,
    }))
    expect(new Set(answers.map(({ choices }) => choices[0]!.finish_reason))).toEqual(new Set(['stop']))
    expect(clamps).toBe(agents)
    expect(endpoint.totalCostNanos()).toBeLessThanOrEqual(limitUsd * 1e9)
  })

  function near(limitUsd: number, options: LlmOpsOptions = {}, downshift: DownshiftOptions = { to: {} }) {
    const decisions: string[] = []
    const sli = createSli()
    sli.budgetBreached = (_, decision) => decisions.push(decision)
    const ops = createLlmOps({ budget: { limitUsd, waitForHoldsMs: 0, downshift }, sli, ...options })
    const common = { apiKey: 'any', maxRetries: 0, fetch: ops.fetch }
    const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, ...common })
    const anthropic = new Anthropic({ baseURL: endpoint.url, ...common })
    async function inTask<T>(run: () => Promise<T>): Promise<{ result: T; totals: TaskTotals }> {
      return await ops.task({ tenant: 'contoso' }, async ({ totals }) => ({ result: await run(), totals }))
    }
    return { ops, openai, anthropic, decisions, inTask }
  }

  it.each([false, true])('learn that the budget cut an answer: a stream %s', async (stream) => {
    const { openai, decisions, inTask } = near(0.002)
    const asked = { model: 'gpt-4o', messages, max_completion_tokens: 2000, stream }
    const { result, totals } = await inTask(async () => {
      const { data, response } = await openai.chat.completions.create(asked).withResponse()
      if (Symbol.asyncIterator in data) for await (const _ of data);
      else expect(data.choices[0]!.finish_reason).toBe('length')
      return response
    })
    const cap = Number(result.headers.get('x-llmops-max-output-tokens'))
    expect(cap).toBeGreaterThan(64)
    expect(cap).toBeLessThan(200)
    expect(endpoint.attempts[0]!.usage.outputTokens).toBe(cap)
    // The provider's own headers are there beside ours.
    expect(result.headers.get('content-type')).toMatch(stream ? 'text/event-stream' : 'application/json')
    expect(decisions).toEqual(['clamp'])
    expect(totals).toMatchObject({ clamps: 1, downshifts: 0 })
  })

  it('learn it in the formats of other providers, and over a route', async () => {
    const targets = [{ name: 'local', model: 'gpt-4o', baseUrl: `${endpoint.url}/v1` }]
    const routed = near(0.002, { route: { targets } })
    const asked = { model: 'gpt-4o', max_output_tokens: 2000, input: 'Say 340 words.' }
    const routedAnswer = await routed.inTask(() => routed.openai.responses.create(asked).withResponse())
    expect(Number(routedAnswer.result.response.headers.get('x-llmops-max-output-tokens'))).toBeLessThan(200)
    expect(routedAnswer.totals.clamps).toBe(1)

    const claude = near(0.01)
    const message = { model: 'claude-sonnet-4-5', max_tokens: 2000, messages }
    const { result } = await claude.inTask(() => claude.anthropic.messages.create(message).withResponse())
    expect(Number(result.response.headers.get('x-llmops-max-output-tokens'))).toBeLessThan(700)
    expect(claude.decisions).toEqual(['clamp'])
  })

  it('learn both if a call was downshifted and cut', async () => {
    const { openai, decisions, inTask } = near(0.0002, {}, { to: { 'gpt-4o': 'gpt-4o-mini' } })
    const { result, totals } = await inTask(() =>
      openai.chat.completions.create({ model: 'gpt-4o', messages, max_completion_tokens: 2000 }).withResponse(),
    )
    expect(result.data.model).toBe('gpt-4o-mini')
    expect(result.response.headers.get('x-llmops-max-output-tokens')).toMatch(/^\d+$/)
    expect(decisions.toSorted()).toEqual(['clamp', 'downshift'])
    expect(totals).toMatchObject({ clamps: 1, downshifts: 1 })
  })

  it('hear nothing of it where nothing was cut', async () => {
    const { openai, decisions, inTask } = near(1)
    const { result, totals } = await inTask(() =>
      openai.chat.completions.create({ model: 'gpt-4o', messages }).withResponse(),
    )
    expect(result.response.headers.has('x-llmops-max-output-tokens')).toBe(false)
    expect([decisions, totals.clamps]).toEqual([[], 0])
  })
})

/** What the provider was sent, and what came back. */
async function ask(budget: Omit<BudgetOptions, 'rateCard'>, url: string, request: object) {
  const bodies: Record<string, unknown>[] = []
  const provider: typeof fetch = async (_, init) => {
    bodies.push(JSON.parse(String(init!.body)))
    return Response.json({ usage: { input_tokens: 1, output_tokens: 1, prompt_tokens: 1, completion_tokens: 1 } })
  }
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { waitForHoldsMs: 0, ...budget }, fetch: provider })
  const response = await ops.fetch(url, { method: 'POST', body: JSON.stringify(request) })
  await ops.close()
  return { status: response.status, body: await response.json(), sent: bodies[0] }
}

describe('a call that thinks with a budget of its own', () => {
  const thinking = { type: 'enabled' as const, budget_tokens: 10_000 }
  const asked = {
    model: 'claude-sonnet-4-5',
    max_tokens: 16_000,
    thinking,
    messages: [{ role: 'user', content: 'Hi' }],
  }
  const MESSAGES = 'https://gateway.example/v1/messages'

  // $15 a million tokens of output: 10,000 of thinking are $0.15.
  it('is cut down to it and a useful answer, and no further', async () => {
    const cut = await ask({ limitUsd: 0.2 }, MESSAGES, asked)
    expect(cut.status).toBe(200)
    expect(cut.sent!['max_tokens']).toBeGreaterThan(10_064)
    expect(cut.sent!['max_tokens']).toBeLessThan(16_000)
    expect(cut.sent!['thinking']).toEqual(thinking)
    const { status, body, sent } = await ask({ limitUsd: 0.15 }, MESSAGES, asked)
    expect([status, sent]).toEqual([402, undefined])
    expect((body as { error: { needed_usd: number } }).error.needed_usd).toBeGreaterThan(10_064 * 15e-6)
  })

  it('keeps a cap that is not above it: with tools it may be spent over several answers', async () => {
    const interleaved = { ...asked, max_tokens: 8000 }
    expect((await ask({ limitUsd: 0.13 }, MESSAGES, interleaved)).sent).toMatchObject({ max_tokens: 8000 })
    expect((await ask({ limitUsd: 0.11 }, MESSAGES, interleaved)).status).toBe(402)
  })

  it.each([
    [{ thinking }, 'of gateways'],
    [{ reasoning: { max_tokens: 10_000 } }, 'of OpenRouter'],
    [{ extra_body: { google: { thinking_config: { thinking_budget: 10_000 } } } }, 'of Gemini'],
  ])('has that room too in chat completions, with the words %j %s, capped or not', async (words, _) => {
    const url = 'https://gateway.example/v1/chat/completions'
    const request = { model: 'gpt-4o', messages: asked.messages, ...words }
    // $10 a million tokens of output.
    const cut = await ask({ limitUsd: 0.12 }, url, { ...request, max_completion_tokens: 16_000 })
    expect(cut.sent!['max_completion_tokens']).toBeGreaterThan(10_064)
    expect((await ask({ limitUsd: 0.1 }, url, { ...request, max_completion_tokens: 16_000 })).status).toBe(402)
    const uncapped = await ask({ limitUsd: 5, defaultMaxOutputTokens: 500 }, url, request)
    expect(uncapped.sent!['max_completion_tokens'] ?? 16_000).toBeGreaterThan(10_000)
  })

  it('is cut like any other where it says no budget', async () => {
    const { sent } = await ask({ limitUsd: 0.15 }, MESSAGES, { ...asked, thinking: { type: 'disabled' } })
    expect(sent!['max_tokens']).toBeLessThan(10_000)
  })

  it('is not moved to a model that cannot say so much', async () => {
    const to = { 'claude-sonnet-4-5': 'claude-3-7-sonnet-20250219' }
    const rateCard = {
      overrides: {
        'claude-3-7-sonnet-20250219': { inputUsdPerMillion: 1, outputUsdPerMillion: 1, maxOutputTokens: 8000 },
      },
    }
    const ops = createLlmOps({ budget: { limitUsd: 0.15, downshift: { to }, waitForHoldsMs: 0 }, rateCard })
    const response = await ops.fetchAs({ tenant: 'contoso' })(MESSAGES, { method: 'POST', body: JSON.stringify(asked) })
    expect(response.status).toBe(402)
    await ops.close()
  })
})

it.each([['https://gateway.example/v1/messages', { max_tokens: 0 }]])(
  'a cap of none, which fills a cache, stays none at %s: %j',
  async (url, cap) => {
    const bodies: unknown[] = []
    const provider: typeof fetch = async (_, init) => {
      bodies.push(JSON.parse(String(init!.body)))
      return Response.json({ usage: { input_tokens: 9, output_tokens: 0, prompt_tokens: 9, completion_tokens: 0 } })
    }
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 0.002 }, fetch: provider })
    const messages = [{ role: 'user', content: 'Hi' }]
    const body = JSON.stringify({ model: 'claude-sonnet-4-5', messages, input: 'Hi', ...cap })
    expect((await ops.fetch(url, { method: 'POST', body })).headers.has('x-llmops-max-output-tokens')).toBe(false)
    expect(bodies).toEqual([JSON.parse(body)])
    await ops.close()
  },
)

describe('a cap that bounds nothing, as 0 and -1 are errors, no text or no bound by the server', () => {
  const CHAT = 'https://gateway.example/v1/chat/completions'
  const RESPONSES = 'https://gateway.example/v1/responses'
  const GEMINI = 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent'
  const messages = [{ role: 'user', content: 'Hi' }]
  const request = { model: 'gpt-4o', messages, input: 'Hi', contents: [{ parts: [{ text: 'Hi' }] }] }
  const cases: [string, object][] = [
    [CHAT, { max_tokens: 0 }],
    [CHAT, { max_completion_tokens: 0 }],
    [CHAT, { max_tokens: 0, n: 2 }],
    [CHAT, { max_tokens: -1 }],
    [CHAT, { max_tokens: 0, max_completion_tokens: 90_000 }],
    ['https://gateway.example/v1/completions', { prompt: 'Hi', max_tokens: -1 }],
    [RESPONSES, { max_output_tokens: 0 }],
    [GEMINI, { generationConfig: { maxOutputTokens: 0 } }],
  ]

  it.each(cases)('is refused at %s with %j where the whole answer does not fit', async (url, cap) => {
    // The most that gpt-4o says are $0.16, that gemini-2.5-flash says $0.16 too.
    expect(await ask({ limitUsd: 0.05 }, url, { ...request, ...cap })).toMatchObject({ status: 402, sent: undefined })
  })

  it.each(cases)('stays as it is at %s with %j where it fits, and nothing beside it', async (url, cap) => {
    const asked = { ...request, ...cap }
    expect(await ask({ limitUsd: 1, defaultMaxOutputTokens: 50 }, url, asked)).toMatchObject({ status: 200 })
    expect((await ask({ limitUsd: 1, defaultMaxOutputTokens: 50 }, url, asked)).sent).toEqual(asked)
  })
})
