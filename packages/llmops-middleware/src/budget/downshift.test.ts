import Anthropic from '@anthropic-ai/sdk'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI, { AzureOpenAI } from 'openai'
import { fc } from 'test-support/generated'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLlmOps } from '../llmops.ts'
import { createRateCard, type RateCardOptions } from '../pricing/index.ts'
import { nanosFromUsd } from '../usd.ts'
import { BudgetBreaker } from './index.ts'

let endpoint: ModelEndpoint
beforeEach(async () => {
  endpoint = await startModelEndpoint()
})
afterEach(() => endpoint.close())

type Setting = { readonly downshift: string; readonly spentShare?: number; readonly rateCard?: RateCardOptions }

const ASKED = [
  'claude-sonnet-4-6',
  'gemini-2.5-pro',
  'gpt-4.1-nano',
  'gpt-4o',
  'mistral-large-latest',
  'ptu',
  'support-prod',
  'text-embedding-3-large',
]

/** One cheaper model for all the others. */
const toward = (downshift: string) =>
  Object.fromEntries(ASKED.filter((model) => model !== downshift).map((model) => [model, downshift]))

/** Clients of a tenant that has spent this share of $10; the provider is on loopback, whatever host they name. */
async function clientsNearTheLimit({ downshift, spentShare = 0.85, rateCard: options = {} }: Setting) {
  const rateCard = createRateCard(options)
  const budget = new BudgetBreaker({ limitUsd: 10, downshift: { to: toward(downshift) }, rateCard, waitForHoldsMs: 0 })
  const spent = await budget.reserve({ tenant: 'contoso', model: 'gpt-4o', inputTokens: 1, maxOutputTokens: 1 })
  if (spent.granted) await spent.settleNanos(nanosFromUsd(10 * spentShare))
  const asked: { readonly path: string; readonly model: string }[] = []
  const provider: typeof fetch = (input, init) => {
    const url = new URL(input as string | URL)
    asked.push({ path: url.pathname, model: (JSON.parse(String(init?.body)) as { model: string }).model })
    return fetch(new URL(`${url.pathname}${url.search}`, endpoint.url), init)
  }
  const ops = createLlmOps({ breaker: budget, defaultTenant: 'contoso', fetch: provider })
  const common = { apiKey: 'any', maxRetries: 0, fetch: ops.fetch }
  const openaiAt = (baseURL: string) => new OpenAI({ ...common, baseURL })
  return {
    budget,
    asked,
    openaiAt,
    openai: openaiAt('http://gateway.example/v1'),
    anthropic: new Anthropic({ ...common, baseURL: 'http://gateway.example' }),
    azure: new AzureOpenAI({ ...common, endpoint: 'https://contoso.openai.azure.com', apiVersion: '2024-10-21' }),
  }
}

const messages = [{ role: 'user' as const, content: 'Where is ORD-1001?' }]
const chat = (openai: OpenAI, model: string) =>
  openai.chat.completions.create({ model, messages, max_completion_tokens: 50 })
/** What the endpoint says of a model that it does not have is its own affair. */
const askedOnly = (call: PromiseLike<unknown>) => Promise.resolve(call).catch(() => {})

describe('near its limit a tenant', () => {
  it('is answered by the cheaper model of the same maker, in every format that it speaks', async () => {
    const { openai, azure, asked } = await clientsNearTheLimit({ downshift: 'gpt-4o-mini' })
    await chat(openai, 'gpt-4o')
    await openai.responses.create({ model: 'gpt-4o', input: 'Where is ORD-1001?', max_output_tokens: 50 })
    await chat(azure, 'gpt-4o')
    expect(asked.map(({ model }) => model)).toEqual(['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o-mini'])
    expect(asked.at(-1)!.path).toContain('/deployments/gpt-4o-mini/')
  })

  it('goes on embedding with the model whose vectors it has', async () => {
    const { openai, azure, asked } = await clientsNearTheLimit({ downshift: 'gpt-4o-mini' })
    await openai.embeddings.create({ model: 'text-embedding-3-large', input: 'x' })
    await azure.embeddings.create({ model: 'text-embedding-3-large', input: 'x' })
    expect(asked.map(({ model }) => model)).toEqual(['text-embedding-3-large', 'text-embedding-3-large'])
    expect(asked.at(-1)!.path).toContain('/deployments/text-embedding-3-large/')
  })

  it('has its embeddings, and nothing else, made by a cheaper embedding model', async () => {
    const { openai, asked } = await clientsNearTheLimit({ downshift: 'text-embedding-3-small' })
    await openai.embeddings.create({ model: 'text-embedding-3-large', input: 'x' })
    await chat(openai, 'gpt-4o')
    expect(asked.map(({ model }) => model)).toEqual(['text-embedding-3-small', 'gpt-4o'])
  })

  it.each([
    ['gpt-4o-mini', 'claude-sonnet-4-6'],
    ['claude-haiku-4-5', 'claude-haiku-4-5'],
  ])('with the downshift %s has its Claude calls answered by %s', async (downshift, model) => {
    const { anthropic, asked } = await clientsNearTheLimit({ downshift })
    await askedOnly(anthropic.messages.create({ model: 'claude-sonnet-4-6', max_tokens: 50, messages }))
    expect(asked).toEqual([{ path: '/v1/messages', model }])
  })

  it.each([
    ['https://generativelanguage.googleapis.com/v1beta/openai', 'gemini-2.5-pro', 'gpt-4o-mini', 'gemini-2.5-pro'],
    [
      'https://generativelanguage.googleapis.com/v1beta/openai',
      'gemini-2.5-pro',
      'gemini-2.5-flash',
      'gemini-2.5-flash',
    ],
    ['https://api.mistral.ai/v1', 'mistral-large-latest', 'gpt-4o-mini', 'mistral-large-latest'],
    ['https://api.openai.com/v1', 'gpt-4o', 'mistral-small-latest', 'gpt-4o'],
    ['https://api.openai.com/v1', 'gpt-4o', 'our-fine-tune', 'our-fine-tune'],
    ['http://gateway.example/v1', 'mistral-large-latest', 'gpt-4o-mini', 'gpt-4o-mini'],
    ['https://contoso.openai.azure.com/openai/v1', 'gpt-4o', 'mistral-small-latest', 'mistral-small-latest'],
    ['https://contoso.openai.azure.com/openai/v1', 'support-prod', 'support-small', 'support-small'],
  ])('at %s has %s with the downshift %s answered by %s', async (baseUrl, model, downshift, answeredBy) => {
    const own = { inputUsdPerMillion: 0.1, outputUsdPerMillion: 0.4 }
    const rateCard = {
      overrides: { 'our-fine-tune': own, 'support-small': own },
      deployments: { 'support-prod': 'gpt-4o' },
    }
    const { openaiAt, asked } = await clientsNearTheLimit({ downshift, rateCard })
    await askedOnly(chat(openaiAt(baseUrl), model))
    expect(asked.map(({ model }) => model)).toEqual([answeredBy])
  })

  describe('with a chain of cheaper models', () => {
    const to = { 'gpt-4o': 'gpt-4.1-mini', 'gpt-4.1-mini': 'gpt-4.1-nano' }
    const call = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1000, maxOutputTokens: 64 }
    /** Of $10. */
    const near = async (leftUsd: number) => {
      const budget = new BudgetBreaker({ limitUsd: 10, downshift: { at: 0.5, to }, waitForHoldsMs: 0 })
      const spent = await budget.reserve({ ...call, inputTokens: 1, maxOutputTokens: 1 })
      if (spent.granted) await spent.settleNanos(nanosFromUsd(10 - leftUsd))
      return budget
    }

    it.each([
      ['below its downshift share', 9, 'gpt-4o', 'gpt-4o'],
      ['past it', 1, 'gpt-4o', 'gpt-4.1-mini'],
      ['past it', 1, 'gpt-4.1-mini', 'gpt-4.1-nano'],
      ['past it', 1, 'gpt-4.1-nano', 'gpt-4.1-nano'],
      // $0.0005024 on the first, $0.0001256 on the second of the cheaper ones.
      ['where only the last can be paid', 0.0003, 'gpt-4o', 'gpt-4.1-nano'],
    ])('%s, with $%d left, has %s answered by %s', async (_, leftUsd, model, answeredBy) => {
      const budget = await near(leftUsd)
      expect(await budget.reserve({ ...call, model })).toMatchObject({ granted: true, model: answeredBy })
    })

    it('is refused where not even the last can be paid', async () => {
      const budget = await near(0.0001)
      expect(await budget.reserve(call)).toMatchObject({ granted: false, neededUsd: 0.0001256 })
    })

    it('says so in its guarantee', async () => {
      const explained = (await near(1)).explainGuarantee()
      expect(explained).toMatch(/once 50%.*from gpt-4o to gpt-4\.1-mini, from gpt-4\.1-mini to gpt-4\.1-nano/)
    })
  })

  it('is not moved to a model that is dearer, or that costs the same', async () => {
    const { openai, asked } = await clientsNearTheLimit({ downshift: 'gpt-4o-mini' })
    await chat(openai, 'gpt-4.1-nano')
    expect(asked.map(({ model }) => model)).toEqual(['gpt-4.1-nano'])
    const same = await clientsNearTheLimit({ downshift: 'twin', rateCard: { deployments: { twin: 'gpt-4o' } } })
    await chat(same.openai, 'gpt-4o')
    expect(same.asked.map(({ model }) => model)).toEqual(['gpt-4o'])
  })

  it('is moved by the price of this call: long answers and long prompts can differ', async () => {
    const overrides = { reader: { inputUsdPerMillion: 1, outputUsdPerMillion: 20 } }
    const { budget } = await clientsNearTheLimit({ downshift: 'reader', rateCard: { overrides } })
    const asked = { tenant: 'contoso', model: 'gpt-4o' }
    expect(await budget.reserve({ ...asked, inputTokens: 20_000, maxOutputTokens: 100 })).toMatchObject({
      model: 'reader',
    })
    expect(await budget.reserve({ ...asked, inputTokens: 100, maxOutputTokens: 2000 })).toMatchObject({
      model: 'gpt-4o',
    })
  })

  it('never holds more for a call that was moved than for one that was not', async () => {
    const usd = fc.double({ min: 0, max: 100, noNaN: true })
    const price = fc.record({ inputUsdPerMillion: usd, outputUsdPerMillion: usd })
    const size = fc.record({ inputTokens: fc.nat(100_000), maxOutputTokens: fc.integer({ min: 1, max: 10_000 }) })
    await fc.assert(
      fc.asyncProperty(price, price, size, async (asked, cheap, size) => {
        const rateCard = createRateCard({ overrides: { asked, cheap } })
        const call = { tenant: 'contoso', model: 'asked', ...size }
        const moving = new BudgetBreaker({ limitUsd: 100, downshift: { at: 1e-9, to: { asked: 'cheap' } }, rateCard })
        const first = await moving.reserve({ ...call, model: 'asked', inputTokens: 0, maxOutputTokens: 1 })
        if (first.granted) await first.settleNanos(nanosFromUsd(0.000001))
        const moved = await moving.reserve(call)
        const staying = await new BudgetBreaker({ limitUsd: 100, rateCard }).reserve(call)
        expect(moved.heldUsd).toBeLessThanOrEqual(staying.heldUsd)
      }),
    )
  })
})

describe('a deployment that is paid for already', () => {
  const overrides = { ptu: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 } }
  const answeredBy = async (setting: Setting, model: string) => {
    const { openai, asked, budget } = await clientsNearTheLimit(setting)
    const status = await chat(openai, model).then(
      () => 200,
      ({ status }: { status: number }) => status,
    )
    return { status, models: asked.map(({ model }) => model), budget }
  }

  it.each([0.85, 1, 1.4])('is neither left nor blocked at %d of the limit', async (spentShare) => {
    const setting = { downshift: 'gpt-4o-mini', rateCard: { overrides }, spentShare }
    const { models, budget } = await answeredBy(setting, 'ptu')
    expect(models).toEqual(['ptu'])
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 10 * spentShare, heldUsd: 0 })
  })

  it('is where a call goes on that costs, past the limit too', async () => {
    const setting = { downshift: 'ptu', rateCard: { overrides } }
    expect((await answeredBy({ ...setting, spentShare: 0.85 }, 'gpt-4o')).models).toEqual(['ptu'])
    expect((await answeredBy({ ...setting, spentShare: 1.4 }, 'gpt-4o')).models).toEqual(['ptu'])
    expect((await answeredBy({ ...setting, spentShare: 0.5 }, 'gpt-4o')).models).toEqual(['gpt-4o'])
  })

  it('does not admit a call that costs money', async () => {
    const { status, models } = await answeredBy(
      { downshift: 'gpt-4o-mini', rateCard: { overrides }, spentShare: 1 },
      'gpt-4o',
    )
    expect([status, models]).toEqual([402, []])
  })
})
