import { describe, expect, it } from 'vitest'
import { answeringServer } from '../../test/support/answering-server.ts'
import { createLlmOps } from '../llmops.ts'
import { createRateCard } from '../pricing/index.ts'

const rateCard = createRateCard()

/** What is held while a provider answers, and what is charged for its answer; the address is rerouted to loopback. */
async function charged(address: string, request: object, answer: object, headers: Record<string, string> = {}) {
  const { url } = await answeringServer(() => answer)
  let heldUsd = 0
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 1000 },
    async fetch(input, init) {
      heldUsd = (await ops.budget.read('contoso')).heldUsd
      const response = await fetch(url + new URL(String(input)).pathname, init)
      const all = new Headers(response.headers)
      for (const name in headers) all.set(name, headers[name]!)
      return new Response(response.body, { headers: all })
    },
  })
  const asked = await ops.fetch(address, { method: 'POST', body: JSON.stringify(request) })
  await asked.text()
  await ops.close()
  const { spentUsd } = await ops.budget.read('contoso')
  expect(spentUsd).toBeLessThanOrEqual(heldUsd)
  return spentUsd
}

const openAiUsage = { input_tokens: 200, output_tokens: 100, total_tokens: 300 }
const counts = { inputTokens: 200, outputTokens: 100 }
const text = 'Hello. '.repeat(40)

describe('a response of OpenAI', () => {
  it.each([
    ['eu', 'gpt-5.4', 1.1],
    ['jp', 'gpt-5.5', 1.1],
    ['us', 'gpt-4o', 1],
  ])('from the region %s by %s costs %d of its price, as held', async (region, model, factor) => {
    const request = { model, input: text, max_output_tokens: 100 }
    const answer = { id: 'resp_1', status: 'completed', model, output: [], usage: openAiUsage }
    const usd = await charged(`https://${region}.api.openai.com/v1/responses`, request, answer)
    expect(usd).toBeCloseTo(factor * rateCard.cost(model, counts), 9)
  })

  it.each([
    ['container_auto', [{ container_id: 'cntr_1' }, { container_id: 'cntr_1' }], 0.03],
    ['container_reference', [{ container_id: 'cntr_1' }], 0],
    ['local', [{ type: 'local' }], 0],
  ])('with a shell whose environment is %s pays for each new container', async (type, environments, usd) => {
    const tools = [{ type: 'shell', environment: { type } }]
    const output = environments.map((environment) => ({ type: 'shell_call', environment }))
    const answer = { id: 'resp_1', status: 'completed', model: 'gpt-5.4', output, tools, usage: openAiUsage }
    const request = { model: 'gpt-5.4', input: text, max_output_tokens: 100, tools }
    const spentUsd = await charged('https://api.openai.com/v1/responses', request, answer)
    expect(spentUsd).toBeCloseTo(usd + rateCard.cost('gpt-5.4', counts), 9)
  })
})

describe('an answer of Gemini', () => {
  const model = 'gemini-2.5-flash'
  const address = `https://generativelanguage.googleapis.com/v1beta/models/${model}:generateContent`
  const request = { contents: [{ role: 'user', parts: [{ text }] }], generationConfig: { maxOutputTokens: 100 } }
  const usageMetadata = { promptTokenCount: 200, candidatesTokenCount: 100, totalTokenCount: 300 }
  const candidate = { content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }
  const answer = { candidates: [candidate], modelVersion: model, usageMetadata }
  const usd = rateCard.cost(model, counts)

  it.each([
    ['priority', 'priority', 1.8],
    ['SERVICE_TIER_PRIORITY', 'standard', 1],
    ['flex', 'flex', 0.5],
    ['flex', undefined, 1],
  ])('that was asked for as %s and served as %s costs %d of its price', async (asked, served, factor) => {
    const headers: Record<string, string> = served === undefined ? {} : { 'x-gemini-service-tier': served }
    const spentUsd = await charged(address, { ...request, service_tier: asked }, answer, headers)
    expect(spentUsd).toBeCloseTo(factor * usd, 9)
  })

  it('of Vertex costs what its kind of traffic does', async () => {
    const served = { ...answer, usageMetadata: { ...usageMetadata, trafficType: 'ON_DEMAND_FLEX' } }
    expect(await charged(address, request, served)).toBeCloseTo(usd / 2, 9)
  })

  it('that found places on a map pays for that', async () => {
    const groundingMetadata = { groundingChunks: [{ maps: { placeId: 'places/1' } }] }
    const found = { ...answer, candidates: [{ ...candidate, groundingMetadata }] }
    const tools = [{ googleMaps: {} }]
    expect(await charged(address, { ...request, tools }, found)).toBeCloseTo(usd + 0.025, 9)
    expect(await charged(address, { ...request, tools }, answer)).toBeCloseTo(usd, 9)
  })

  it('reports which part of its cached input was audio', async () => {
    const heard = {
      promptTokenCount: 1000,
      cachedContentTokenCount: 500,
      candidatesTokenCount: 10,
      promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 600 }],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 500 }],
    }
    const file = { fileData: { fileUri: 'files/1', mimeType: 'audio/mp3' } }
    const contents = [{ role: 'user', parts: [file] }]
    // 400 of text at $0.3 a million, 100 of sound at $1, 500 of cached sound at $0.1, 10 of output at $2.5.
    const usd = (400 * 0.3 + 100 * 1 + 500 * 0.1 + 10 * 2.5) / 1e6
    expect(await charged(address, { ...request, contents }, { ...answer, usageMetadata: heard })).toBeCloseTo(usd, 9)
  })
})

describe('the cost that a seller reports for its own answers', () => {
  const answerWith = (model: string, usage: object) => ({
    model,
    choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30, ...usage },
  })
  const requestFor = (model: string) => ({ model, messages: [{ role: 'user', content: text }], max_tokens: 100 })
  const ticks = { cost_in_usd_ticks: 2_200_000 }

  it.each([
    [
      'https://api.perplexity.ai/chat/completions',
      'sonar',
      { cost: { request_cost: 0.005, total_cost: 0.00503 } },
      0.00503,
    ],
    ['https://api.x.ai/v1/chat/completions', 'grok-4', ticks, 0.00022],
    ['https://gateway.contoso.com/v1/chat/completions', 'grok-4', ticks, undefined],
  ])('%s is charged, of a gateway only where it is trusted', async (address, model, usage, usd) => {
    const spentUsd = await charged(address, requestFor(model), answerWith(model, usage))
    expect(spentUsd).toBe(usd ?? rateCard.cost(model, { inputTokens: 20, outputTokens: 10 }))
  })
})

describe('a call to Gemini on Vertex', () => {
  const answerOf = (modelVersion: string) => ({
    modelVersion,
    candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 200, candidatesTokenCount: 100, totalTokenCount: 300 },
  })

  it.each([
    ['europe-west1-aiplatform.googleapis.com', 'europe-west1', 'gemini-3.5-flash', 1.1],
    ['aiplatform.eu.rep.googleapis.com', 'eu', 'gemini-3.5-flash-lite', 1.1],
    ['aiplatform.googleapis.com', 'global', 'gemini-3.5-flash', 1],
    ['us-central1-aiplatform.googleapis.com', 'us-central1', 'gemini-2.5-flash', 1],
  ])('at %s, in the location %s, by %s costs %d of its price, as held', async (host, location, model, factor) => {
    const path = `v1/projects/p/locations/${location}/publishers/google/models/${model}:generateContent`
    const request = { contents: [{ parts: [{ text }] }], generationConfig: { maxOutputTokens: 100 } }
    const usd = await charged(`https://${host}/${path}`, request, answerOf(model))
    expect(usd).toBeCloseTo(factor * rateCard.cost(model, counts), 9)
  })
})

describe("a call to Azure's router", () => {
  const messages = [{ role: 'user', content: text }]
  const answer = {
    model: 'gpt-4.1-nano-2025-04-14',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 200, completion_tokens: 100, total_tokens: 300 },
  }

  it.each([
    ['https://contoso.openai.azure.com/openai/v1/chat/completions', 'model-router', 200 * 0.14e-6],
    ['https://contoso.services.ai.azure.com/openai/v1/chat/completions', 'model-router-2025-11-18', 200 * 0.14e-6],
    ['https://contoso.openai.azure.com/openai/v1/chat/completions', 'gpt-4.1-nano', 0],
    ['https://openrouter.ai/api/v1/chat/completions', 'openrouter/auto', 0],
  ])('at %s, for %s, costs $%d more than the model that answered', async (address, model, feeUsd) => {
    const usd = await charged(address, { model, messages, max_tokens: 100 }, answer)
    expect(usd).toBeCloseTo(feeUsd + rateCard.cost('gpt-4.1-nano', counts), 9)
  })
})

describe('models that may answer instead', () => {
  const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: text }], max_tokens: 100 }
  const answer = {
    model: 'gpt-4',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 200, completion_tokens: 100, total_tokens: 300 },
  }

  it.each([
    ['fallbacks of LiteLLM', { fallbacks: [{ model: 'gpt-4', messages: [] }] }],
    ['by the model that they replace', { fallbacks: [{ 'gpt-4o-mini': ['gpt-4'] }] }],
    ['in its metadata', { metadata: { fallbacks: ['gpt-4'] } }],
    ['for a longer context', { context_window_fallbacks: [{ 'gpt-4o-mini': ['gpt-4'] }] }],
    ["models of Vercel's gateway", { providerOptions: { gateway: { models: ['openai/gpt-4'] } } }],
  ])('are held, and the one that answers is charged: %s', async (_, more) => {
    const usd = await charged('https://gateway.example/v1/chat/completions', { ...body, ...more }, answer)
    expect(usd).toBeCloseTo(rateCard.cost('gpt-4', counts), 9)
  })
})

describe('a search by the plugin of OpenRouter', () => {
  const messages = [{ role: 'user', content: text }]
  const usage = { prompt_tokens: 200, completion_tokens: 100, total_tokens: 300, cost: 0.0201 }
  const answer = {
    model: 'openai/gpt-4o-mini',
    choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }],
    usage,
  }

  it.each([
    ['openai/gpt-4o-mini:online', {}],
    ['openai/gpt-4o-mini', { plugins: [{ id: 'web' }] }],
  ])('is held, and charged as the answer tells: %s %j', async (model, more) => {
    const address = 'https://openrouter.ai/api/v1/chat/completions'
    expect(await charged(address, { model, messages, max_tokens: 100, ...more }, answer)).toBeCloseTo(0.0201, 9)
  })
})
