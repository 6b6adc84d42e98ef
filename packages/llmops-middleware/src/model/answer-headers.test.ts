import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLlmOps, type LlmOpsOptions } from '../index.ts'

let endpoint: ModelEndpoint
beforeEach(async () => {
  endpoint = await startModelEndpoint()
})
afterEach(() => endpoint.close())

const messages = [{ role: 'user' as const, content: 'Hello, how are you today?' }]
const asked = { model: 'gpt-4o', messages, max_completion_tokens: 100 }

function start(options: LlmOpsOptions = {}) {
  const ops = createLlmOps({ defaultTenant: 'contoso', ...options })
  return new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
}

describe('the headers of a governed answer', () => {
  it('have what a whole answer cost, to the nano-USD, and the model that was asked', async () => {
    const { response } = await start().chat.completions.create(asked).withResponse()
    const cost = response.headers.get('x-llmops-cost-usd')
    expect(cost).toMatch(/^\d+\.\d{9}$/)
    expect(Number(cost)).toBe(endpoint.totalCostNanos() / 1e9)
    expect(Number(cost)).toBeGreaterThan(0)
    expect(response.headers.get('x-llmops-model')).toBe('gpt-4o')
  })

  it('have what the tightest budget has left, as the ledger counts it', async () => {
    const scopes = [{ scope: 'user', limitUsd: 0.5 }]
    const ops = createLlmOps({ budget: { limitUsd: 1, scopes } })
    const ask = async (user: string | undefined, budgetUsd?: number) => {
      const payer = { tenant: 'contoso', ...(user && { scopes: { user } }), ...(budgetUsd && { budgetUsd }) }
      const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
      const asking = () => openai.chat.completions.create(asked).withResponse()
      const { response } = await ops.task(payer, asking)
      return Number(response.headers.get('x-llmops-remaining-usd'))
    }
    const left = async (scope?: { name: string; id: string }) => {
      const { limitUsd, spentUsd } = await ops.budget.read('contoso', scope)
      return limitUsd - spentUsd
    }
    expect(await ask(undefined)).toBeCloseTo(await left(), 9)
    expect(await ask('ada')).toBeCloseTo(await left({ name: 'user', id: 'ada' }), 9)
    expect(await ask('ada', 0.1)).toBeCloseTo(0.1 - endpoint.totalCostNanos() / 1e9 / 3, 9)
    expect(await left()).toBeCloseTo(1 - endpoint.totalCostNanos() / 1e9, 9)
  })

  it('have no remaining amount if nothing is limited', async () => {
    const { response } = await start().chat.completions.create(asked).withResponse()
    expect(response.headers.has('x-llmops-remaining-usd')).toBe(false)
  })

  it('name the cheaper model after a downshift', async () => {
    const openai = start({ budget: { limitUsd: 0.0003, downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } } })
    const { response } = await openai.chat.completions.create(asked).withResponse()
    expect(response.headers.get('x-llmops-model')).toBe('gpt-4o-mini')
  })

  it('are those of the provider for a stream, whose cost is unknown before its end', async () => {
    const { response, data } = await start()
      .chat.completions.create({ ...asked, stream: true })
      .withResponse()
    for await (const _ of data);
    expect([...response.headers.keys()].filter((name) => name.startsWith('x-llmops'))).toEqual([])
  })

  it('have neither for a response that is ours, nor for a refusal of the provider', async () => {
    const refused = await start({ budget: { limitUsd: 0 } })
      .chat.completions.create(asked)
      .catch((error: unknown) => error)
    const { headers } = refused as { headers: Headers }
    expect([headers.has('x-llmops-cost-usd'), headers.has('x-llmops-model')]).toEqual([false, false])
    endpoint.fault({ kind: 'server_error' })
    const failed = await start()
      .chat.completions.create(asked)
      .catch((error: unknown) => error)
    const names = [...(failed as { headers: Headers }).headers.keys()]
    expect(names.filter((name) => name.startsWith('x-llmops'))).toEqual([])
  })

  it('encode the name of a model in the characters of a header', async () => {
    const answer = JSON.stringify({
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi.' } }],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    })
    const headers = { 'content-type': 'application/json' }
    const openai = start({ fetch: async () => new Response(answer, { headers }) })
    const { response } = await openai.chat.completions.create({ ...asked, model: 'модель\n1' }).withResponse()
    expect(decodeURIComponent(response.headers.get('x-llmops-model')!)).toBe('модель\n1')
  })
})
