import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { AzureOpenAI } from 'openai'
import { describe, expect, it } from 'vitest'
import { answeringServer } from '../../../test/support/answering-server.ts'
import { createLlmOps } from '../../llmops.ts'
import type { RateCardOptions } from '../../pricing/index.ts'

const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'Hello' }]
const usage = { prompt_tokens: 10_000, completion_tokens: 1000, total_tokens: 11_000 }

/** Every host is the server on loopback that says that `model` has answered. */
async function answeredBy(model: unknown, rateCard: RateCardOptions = {}, limitUsd = 1000) {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }]
  const { url, asked } = await answeringServer(({ path }) =>
    path.endsWith('/messages')
      ? { type: 'message', model, content: [], usage: { input_tokens: 412, output_tokens: 264 } }
      : { object: 'chat.completion', model, choices, usage },
  )
  const toLoopback: typeof fetch = (input, init) => fetch(new URL(new URL(String(input)).pathname, url), init)
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd }, rateCard, fetch: toLoopback })
  const options = { apiKey: 'any', maxRetries: 0, fetch: ops.fetch }
  return {
    asked,
    openai: (baseURL = 'https://api.openai.com/v1') => new OpenAI({ ...options, baseURL }),
    azure: new AzureOpenAI({ ...options, endpoint: 'https://a.openai.azure.com', apiVersion: '2024-10-21' }),
    anthropic: new Anthropic(options),
    async spentUsd() {
      await ops.close()
      return (await ops.budget.read('contoso')).spentUsd
    },
  }
}

describe('a call is priced by the model that answered', () => {
  it.each([
    ['gpt-4', 'gpt-4o-2024-08-06', 0.035],
    ['gpt-4o-mini', 'gpt-4o-2024-08-06', 0.035],
    ['gpt-4o', 'gpt-4o-2024-05-13', 0.065],
    ['gpt-4o', 'gpt-4o', 0.035],
    ['gpt-4o', 'a-name-of-their-own', 0.035],
    ['gpt-4o', 7, 0.035],
    ['gpt-4o', '', 0.035],
  ])('asked %s, answered %s', async (model, answered, usd) => {
    const { azure, spentUsd } = await answeredBy(answered)
    await azure.chat.completions.create({ model, messages })
    expect(await spentUsd()).toBeCloseTo(usd, 9)
  })

  it("as after a fallback of Anthropic's", async () => {
    const { anthropic, spentUsd } = await answeredBy('claude-opus-4-8')
    await anthropic.messages.create({ model: 'claude-fable-5', max_tokens: 1000, messages })
    expect(await spentUsd()).toBeCloseTo(0.00866, 9)
  })

  it('but at the price of its own that a deployment has', async () => {
    const free = { inputUsdPerMillion: 0, outputUsdPerMillion: 0 }
    const { azure, spentUsd } = await answeredBy('gpt-4o-2024-08-06', { overrides: { 'gpt-4': free, ptu: free } })
    await azure.chat.completions.create({ model: 'ptu', messages })
    await azure.chat.completions.create({ model: 'gpt-4', messages })
    expect(await spentUsd()).toBe(0)
  })

  it('and a negotiated price of a model does not hide that another one answered', async () => {
    const overrides = { 'gpt-4o-mini': { inputUsdPerMillion: 0.1, outputUsdPerMillion: 0.4 } }
    const { openai, spentUsd } = await answeredBy('gpt-4o-2024-08-06', { overrides })
    await openai().chat.completions.create({ model: 'gpt-4o-mini', messages })
    expect(await spentUsd()).toBeCloseTo(0.035, 9)
  })
})

describe('a router', () => {
  const baseURL = 'https://openrouter.ai/api/v1'
  const models = ['anthropic/claude-opus-4.1']
  const body = { model: 'openai/gpt-4o-mini', messages, max_completion_tokens: 1000, models } as const

  it('is priced by the model that it chose', async () => {
    const { openai, spentUsd } = await answeredBy('anthropic/claude-opus-4.1')
    await openai(baseURL).chat.completions.create(body)
    expect(await spentUsd()).toBeCloseTo(0.225, 9)
  })

  it('is held at the dearest model that may answer', async () => {
    // A thousand tokens are $0.075 of Opus, and $0.0006 of the one that is asked.
    const { openai, asked } = await answeredBy('openai/gpt-4o-mini', {}, 0.02)
    await openai(baseURL).chat.completions.create({ ...body, max_completion_tokens: 100 })
    expect(asked[0]!.body['max_completion_tokens']).toBe(100)
    const poor = await answeredBy('openai/gpt-4o-mini', {}, 0.001)
    await expect(poor.openai(baseURL).chat.completions.create(body)).rejects.toMatchObject({ status: 402 })
    expect(poor.asked).toHaveLength(0)
  })

  it.each(['openrouter/auto', 'openrouter/auto:nitro', 'model-router-2025-11-18'])(
    '%s, that may choose any, is held at the dearest and charged as what answered',
    async (model) => {
      const { openai, asked, spentUsd } = await answeredBy('openai/gpt-4o-mini', {}, 2)
      await openai(baseURL).chat.completions.create({ model, messages, max_completion_tokens: 10_000 })
      // Of no model on the list are ten thousand tokens dearer than $6; of gpt-4o-mini they are $0.006.
      expect(asked[0]!.body['max_completion_tokens']).toBeLessThan(10_000)
      expect(await spentUsd()).toBeCloseTo(0.0021, 9)
    },
  )

  it('needs a price of each model that may answer', async () => {
    const { openai, asked } = await answeredBy('openai/gpt-4o-mini')
    const call = openai(baseURL).chat.completions.create({ ...body, models: ['acme/unheard-of'] } as typeof body)
    await expect(call).rejects.toMatchObject({ status: 402, code: 'unknown_model_price' })
    expect(asked).toHaveLength(0)
  })
})

describe('the host of a call', () => {
  it.each([
    ['https://api.groq.com/openai/v1', 'llama-3.3-70b-versatile', 0.0059 + 0.00079],
    ['https://openrouter.ai/api/v1', 'meta-llama/llama-3.3-70b-instruct', 0.0005 + 0.00024],
  ])('%s determines whose price it has', async (baseURL, model, usd) => {
    const { openai, spentUsd } = await answeredBy(model)
    await openai(baseURL).chat.completions.create({ model, messages })
    expect(await spentUsd()).toBeCloseTo(usd, 9)
  })
})
