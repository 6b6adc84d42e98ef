import { createOpenAI } from '@ai-sdk/openai'
import { generateText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { startProvider } from '../../test/support/provider.ts'
import { createLlmOps, type LlmOpsOptions } from '../index.ts'
import { createSli } from '../sli/index.ts'
import { type Admission, BudgetBreaker, type BudgetOptions, type Reservation } from './index.ts'

// gpt-4o: $2.50 and $10 a million tokens, at most 16,384 of output: $0.16384. 4,096 are $0.04096, eleven times $0.45056.
const UNCAPPED = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 0 }
const messages = [{ role: 'user' as const, content: 'Hello' }]

const ANSWER = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi', refusal: null } }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
}

function granted(admission: Admission): Reservation {
  if (!admission.granted) throw new Error(`refused: ${JSON.stringify(admission)}`)
  return admission
}

const budgetOf = (limitUsd: number, options: Partial<BudgetOptions> = {}) =>
  new BudgetBreaker({ limitUsd, waitForHoldsMs: 0, ...options })

describe('a call without a cap', () => {
  it('holds what its model can generate at most, and needs no cap', async () => {
    const call = granted(await budgetOf(10).reserve(UNCAPPED))
    expect(call).toMatchObject({ maxOutputTokens: 16_384, isClamped: false, heldUsd: 0.16384 })
  })

  it('holds that for each of its answers', async () => {
    const call = granted(await budgetOf(10).reserve({ ...UNCAPPED, answers: 3 }))
    expect(call).toMatchObject({ maxOutputTokens: 3 * 16_384, isClamped: false })
  })

  it('holds the whole context of a model without a documented maximum', async () => {
    const call = granted(await budgetOf(100).reserve({ ...UNCAPPED, model: 'mistral-small-latest' }))
    expect(call).toMatchObject({ maxOutputTokens: 1_050_000, isClamped: false })
  })

  it('holds what an override says, where there is one', async () => {
    const overrides = { 'gpt-4o': { inputUsdPerMillion: 2.5, outputUsdPerMillion: 10, maxOutputTokens: 30_000 } }
    const { createRateCard } = await import('../pricing/index.ts')
    const call = granted(await budgetOf(10, { rateCard: createRateCard({ overrides }) }).reserve(UNCAPPED))
    expect(call).toMatchObject({ maxOutputTokens: 30_000, isClamped: false })
  })

  it('leaves room for eleven others of 4,096 tokens, else it gets a cap of as much', async () => {
    expect(granted(await budgetOf(0.6144).reserve(UNCAPPED))).toMatchObject({
      maxOutputTokens: 16_384,
      isClamped: false,
    })
    expect(granted(await budgetOf(0.61439).reserve(UNCAPPED))).toMatchObject({ maxOutputTokens: 4096, isClamped: true })
  })

  it('gets what the remainder buys where 4,096 tokens do not fit', async () => {
    expect(granted(await budgetOf(0.02).reserve(UNCAPPED))).toMatchObject({ maxOutputTokens: 2000, isClamped: true })
    expect(await budgetOf(0.0006).reserve(UNCAPPED)).toMatchObject({ granted: false, neededUsd: 0.00064 })
  })

  it('needs none where its model answers no longer than that', async () => {
    const call = granted(await budgetOf(1).reserve({ ...UNCAPPED, model: 'gpt-4-turbo' }))
    expect(call).toMatchObject({ maxOutputTokens: 4096, isClamped: false })
  })

  it('pins no budget: twelve at once all get an answer', async () => {
    const budget = budgetOf(0.65)
    const calls = await Promise.all(Array.from({ length: 12 }, () => budget.reserve(UNCAPPED)))
    const caps = calls.map((call) => granted(call).maxOutputTokens)
    expect(caps).toEqual([16_384, ...Array.from({ length: 11 }, () => 4096)])
    expect((await budget.read('contoso')).heldUsd).toBeLessThanOrEqual(0.65)
  })

  it('gets the configured default where there is one, which is no clamp', async () => {
    const budget = budgetOf(10, { defaultMaxOutputTokens: 300 })
    expect(granted(await budget.reserve(UNCAPPED))).toMatchObject({ maxOutputTokens: 300, isClamped: false })
  })

  it('on the cheaper model holds that one’s maximum', async () => {
    const budget = budgetOf(0.3, { downshift: { at: 0.5, to: { 'gpt-4o': 'gpt-4.1-mini' } } })
    await granted(await budget.reserve({ ...UNCAPPED, maxOutputTokens: 15_000 })).settle({
      inputTokens: 0,
      outputTokens: 15_000,
    })
    // 32,768 at $1.60 are $0.0524; beside eleven others that is $0.1245 of the $0.15 that are left.
    expect(granted(await budget.reserve(UNCAPPED))).toMatchObject({
      model: 'gpt-4.1-mini',
      maxOutputTokens: 32_768,
      isClamped: false,
    })
  })

  it('that names one above what is documented keeps it: the table may be out of date', async () => {
    const call = granted(await budgetOf(10).reserve({ ...UNCAPPED, maxOutputTokens: 20_000 }))
    expect(call).toMatchObject({ maxOutputTokens: 20_000, isClamped: false })
  })
})

describe('a request without a cap', () => {
  async function setUp(limitUsd: number, options: LlmOpsOptions = {}) {
    const decisions: string[] = []
    const sli = createSli()
    sli.budgetBreached = (_, decision) => decisions.push(decision)
    const provider = await startProvider((response) => response.end(JSON.stringify(ANSWER)))
    const ops = createLlmOps({ sli, ...options, budget: { limitUsd, waitForHoldsMs: 0, ...options.budget } })
    const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    const sent = () => JSON.parse(provider.bodies.at(-1)!)
    return { ops, openai, provider, decisions, sent }
  }

  it('goes to the provider as it is, reasoning models above all', async () => {
    const { ops, openai, decisions, sent } = await setUp(10)
    const asked = { model: 'gpt-5', messages, reasoning_effort: 'high' as const }
    const { totals, response } = await ops.task({ tenant: 'contoso' }, async ({ totals }) => {
      const { response } = await openai.chat.completions.create(asked).withResponse()
      return { totals, response }
    })
    expect(sent()).toEqual(asked)
    expect(response.headers.has('x-llmops-max-output-tokens')).toBe(false)
    expect([decisions, totals.clamps]).toEqual([[], 0])
  })

  it.each([
    [0.3, 4096],
    [0.01, 983],
  ])('gets a header that the budget of $%d wrote a cap of %d into it', async (limitUsd, cap) => {
    const { ops, openai, decisions, sent } = await setUp(limitUsd)
    await ops.task({ tenant: 'contoso' }, async ({ totals }) => {
      const { response } = await openai.chat.completions.create({ model: 'gpt-4o', messages }).withResponse()
      expect(response.headers.get('x-llmops-max-output-tokens')).toBe(String(cap))
      expect(totals.clamps).toBe(1)
    })
    expect(sent().max_completion_tokens).toBe(cap)
    expect(decisions).toEqual(['clamp'])
  })

  it('of a task with little gets its cap by the task, once', async () => {
    const { ops, openai, decisions, sent } = await setUp(10)
    await ops.task({ tenant: 'contoso', budgetUsd: 0.3 }, async ({ totals }) => {
      await openai.chat.completions.create({ model: 'gpt-4o', messages })
      expect(totals.clamps).toBe(1)
    })
    expect(sent().max_completion_tokens).toBe(4096)
    expect(decisions).toEqual(['clamp'])
  })

  it('of a task with much goes as it is', async () => {
    const { ops, openai, sent } = await setUp(10)
    const asked = { model: 'gpt-4o', messages }
    await ops.task({ tenant: 'contoso', budgetUsd: 5 }, () => openai.chat.completions.create(asked))
    expect(sent()).toEqual(asked)
  })

  it('gets `defaultMaxOutputTokens` for each answer', async () => {
    const { ops, openai, sent } = await setUp(10, { budget: { limitUsd: 10, defaultMaxOutputTokens: 500 } })
    await ops.task({ tenant: 'contoso' }, () => openai.chat.completions.create({ model: 'gpt-4o', messages, n: 2 }))
    expect(sent()).toMatchObject({ n: 2, max_completion_tokens: 500 })
  })

  it('of the AI SDK has none either', async () => {
    const { ops, provider, sent } = await setUp(10)
    const { chat } = createOpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', fetch: ops.fetch })
    await ops.task({ tenant: 'contoso' }, () => generateText({ model: chat('gpt-4o'), prompt: 'Hello' }))
    expect(Object.keys(sent()).filter((field) => /max/.test(field))).toEqual([])
  })
})
