import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { createLlmOps } from '../index.ts'

const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'Hello' }]
const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }]
/** $0.035 of gpt-4o. */
const tokens = { prompt_tokens: 10_000, completion_tokens: 1000, total_tokens: 11_000 }

async function charged(
  usage: object,
  headers: Record<string, string>,
  { trusts = true, isStream = false, host = 'gateway.example' } = {},
) {
  const chunk = { model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }
  const events = [chunk, { model: 'gpt-4o', choices: [], usage }].map((data) => `data: ${JSON.stringify(data)}\n\n`)
  const answer = () =>
    isStream
      ? new Response(`${events.join('')}data: [DONE]\n\n`, {
          headers: { 'content-type': 'text/event-stream', ...headers },
        })
      : Response.json({ model: 'gpt-4o', choices, usage }, { headers })
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 100 },
    fetch: async () => answer(),
    ...(trusts ? { trustGatewayCost: true } : {}),
  })
  const openai = new OpenAI({ apiKey: 'any', baseURL: `https://${host}/api/v1`, fetch: ops.fetch })
  if (isStream) {
    for await (const _ of await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true }));
  } else await openai.chat.completions.create({ model: 'gpt-4o', messages })
  await ops.close()
  const { spentUsd, unknownUsd } = await ops.budget.read('contoso')
  expect(unknownUsd).toBe(0)
  return spentUsd
}

const LITELLM = 'x-litellm-response-cost'

describe('what a gateway says that a call cost', () => {
  it.each<[string, object, Record<string, string>, number]>([
    ['in the usage', { ...tokens, cost: 0.0123 }, {}, 0.0123],
    ['for nothing', { ...tokens, cost: 0 }, {}, 0],
    ['in a header', tokens, { [LITELLM]: '0.0123' }, 0.0123],
    ['in powers of ten', tokens, { [LITELLM]: '1.5e-05' }, 0.000015],
    [
      'of its own fee, where the key is one of yours',
      { ...tokens, cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: 0.02 } },
      {},
      0.021,
    ],
    [
      'and of the provider, which is in it',
      { ...tokens, cost: 0.02, is_byok: false, cost_details: { upstream_inference_cost: 0.019 } },
      {},
      0.02,
    ],
    ['not at all', tokens, {}, 0.035],
  ])('%s is charged where it is trusted', async (_, usage, headers, usd) => {
    expect(await charged(usage, headers)).toBeCloseTo(usd, 9)
    if (Object.keys(headers).length === 0) expect(await charged(usage, headers, { isStream: true })).toBeCloseTo(usd, 9)
  })

  it.each<[object, Record<string, string>]>([
    [{ ...tokens, cost: -1 }, {}],
    [{ ...tokens, cost: '0' }, {}],
    [{ ...tokens, cost: null }, {}],
    [{ ...tokens, cost: 1e300 }, {}],
    [tokens, { [LITELLM]: 'None' }],
    [tokens, { [LITELLM]: '' }],
    [tokens, { [LITELLM]: '-0.1' }],
    [tokens, { [LITELLM]: 'Infinity' }],
  ])('is not charged where it can be no cost: %j %j', async (usage, headers) => {
    expect(await charged(usage, headers)).toBeCloseTo(0.035, 9)
  })

  it.each([false, true])(
    'is charged untold where it is the seller itself: OpenRouter (as a stream: %j)',
    async (isStream) => {
      const seller = { trusts: false, isStream, host: 'openrouter.ai' }
      expect(await charged({ ...tokens, cost: 0.055 }, {}, seller)).toBeCloseTo(0.055, 9)
      expect(await charged(tokens, {}, seller)).toBeCloseTo(0.035, 9)
    },
  )

  it.each([null, undefined, 'unknown'])(
    'is only a fee where the key is one of yours, and the rest is %j',
    async (rest) => {
      const usage = { ...tokens, cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: rest } }
      expect(await charged(usage, {})).toBeCloseTo(0.035, 9)
    },
  )

  it('is not charged unless the option trusts it', async () => {
    expect(await charged({ ...tokens, cost: 0.0001 }, {}, { trusts: false })).toBeCloseTo(0.035, 9)
    expect(await charged({ ...tokens, cost: 0.0001 }, {}, { trusts: false, isStream: true })).toBeCloseTo(0.035, 9)
    expect(await charged(tokens, { [LITELLM]: '0.0001' }, { trusts: false })).toBeCloseTo(0.035, 9)
  })
})
