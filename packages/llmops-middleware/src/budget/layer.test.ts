import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { remoteLedger } from '../../test/support/remote-ledger.ts'
import { createGovernedFetch } from '../model/index.ts'
import { createRateCard } from '../pricing/index.ts'
import { BudgetBreaker, type BudgetOptions, budgetLayer, type ReserveRequest } from './index.ts'

let endpoint: ModelEndpoint
beforeEach(async () => {
  endpoint = await startModelEndpoint()
})
afterEach(() => endpoint.close())

function client(options: BudgetOptions) {
  const budget = new BudgetBreaker({ waitForHoldsMs: 0, ...options })
  const events: string[] = []
  const sli = {
    downshifted: (tenant: string) => events.push(`downshift ${tenant}`),
    budgetBreached: (tenant: string, decision: string) => events.push(`breach ${tenant} ${decision}`),
  }
  const { fetch, drain } = createGovernedFetch({
    layers: [budgetLayer(budget, sli as never)],
    rateCard: createRateCard(),
    defaultTenant: 'contoso',
  })
  const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 2, fetch })
  const drained = async () => {
    await drain()
    await budget.drain()
  }
  return { budget, openai, events, drained }
}

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello, how are you today?' }]
const request = { model: 'gpt-4o', messages, max_completion_tokens: 100 }

describe('the budget of a governed client', () => {
  it('is charged to the nano-USD what the provider bills, for answers and for streams', async () => {
    const { budget, openai, drained } = client({ limitUsd: 1 })
    await openai.chat.completions.create(request)
    for await (const _ of await openai.chat.completions.create({ ...request, stream: true }));
    await drained()
    expect((await budget.read('contoso')).spentUsd).toBe(endpoint.totalCostNanos() / 1e9)
    expect(await budget.read('contoso')).toMatchObject({ heldUsd: 0 })
  })

  it('refuses with a 402 that the SDK raises once, with everything that a handler needs', async () => {
    const { budget, openai, events } = client({ limitUsd: 1 })
    await budget.charge({ tenant: 'contoso', usd: 1, reason: 'web search' })
    const error = await openai.chat.completions.create(request).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(OpenAI.APIError)
    expect(error).toMatchObject({
      status: 402,
      code: 'budget_exceeded',
      error: { scope: 'tenant:contoso', spent_usd: 1, limit_usd: 1, resets_at: expect.stringMatching(/^\d{4}-/) },
    })
    expect(Number((error as { headers: Headers }).headers.get('retry-after'))).toBeGreaterThan(0)
    expect(endpoint.attempts).toHaveLength(0)
    expect(events).toEqual(['breach contoso block'])
  })

  it('asks the cheaper model where only that can be paid, and says so in the answer', async () => {
    const { openai, events } = client({ limitUsd: 0.0003, downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } })
    const answer = await openai.chat.completions.create(request)
    expect(answer.model).toBe('gpt-4o-mini')
    expect(events).toEqual(['downshift contoso', 'breach contoso downshift'])
  })

  it('costs nothing when the provider refuses', async () => {
    endpoint.fault({ kind: 'server_error', times: 3 })
    const { budget, openai, drained } = client({ limitUsd: 1 })
    await expect(openai.withOptions({ maxRetries: 0 }).chat.completions.create(request)).rejects.toMatchObject({
      status: 500,
    })
    await drained()
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0, heldUsd: 0 })
  })

  it('charges the whole hold for an answer without a known price', async () => {
    endpoint.fault({ kind: 'malformed_json' })
    const { budget, openai, drained } = client({ limitUsd: 1 })
    await openai
      .withOptions({ maxRetries: 0 })
      .chat.completions.create(request)
      .catch(() => {})
    await drained()
    const { spentUsd, heldUsd } = await budget.read('contoso')
    expect(spentUsd).toBeGreaterThanOrEqual(endpoint.totalCostNanos() / 1e9)
    expect(heldUsd).toBe(0)
  })

  it('costs nothing to leave before anything was sent', async () => {
    const leave = new AbortController()
    const ledger = remoteLedger()
    const reserve = (request: ReserveRequest) => {
      leave.abort()
      return ledger.reserve(request)
    }
    const leaving = { ...ledger, reserve }
    const { budget, openai, drained } = client({ limitUsd: 1, ledger: leaving })
    await expect(openai.chat.completions.create(request, { signal: leave.signal })).rejects.toThrow(/abort/i)
    await drained()
    expect(endpoint.attempts).toHaveLength(0)
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0, heldUsd: 0 })
  })

  it.each([
    ['delivered', false],
    ['charge', true],
  ] as const)('counts a stream that was cut by the rule %s', async (cutStream, isWhole) => {
    endpoint.fault({ kind: 'cut', afterEvents: 2 })
    const { budget, openai, drained } = client({ limitUsd: 1, cutStream })
    const read = async () => {
      for await (const _ of await openai.chat.completions.create({ ...request, stream: true }));
    }
    await expect(read()).rejects.toThrow()
    await drained()
    const { spentUsd, heldUsd } = await budget.read('contoso')
    // 100 tokens of gpt-4o are a tenth of a cent.
    expect(spentUsd > 0.001).toBe(isWhole)
    expect(heldUsd).toBe(0)
  })

  it('refuses a model without a price, saying what to do', async () => {
    const { openai } = client({ limitUsd: 1 })
    const call = openai.chat.completions.create({ ...request, model: 'llama-at-home' })
    await expect(call).rejects.toMatchObject({ status: 402, code: 'unknown_model_price', message: /overrides/ })
  })

  it('lets no burst of calls spend more than the limit', async () => {
    const { budget, openai, drained } = client({ limitUsd: 0.02, contendedShare: 1 })
    await Promise.allSettled(Array.from({ length: 60 }, () => openai.chat.completions.create(request)))
    await drained()
    expect(endpoint.totalCostNanos()).toBeLessThanOrEqual(20_000_000)
    expect((await budget.read('contoso')).spentUsd).toBe(endpoint.totalCostNanos() / 1e9)
    expect(endpoint.attempts.length).toBeGreaterThan(10)
  })
})
