import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { type Answer, answeringServer } from '../../../test/support/answering-server.ts'
import { createLlmOps } from '../../llmops.ts'
import { createRateCard } from '../../pricing/index.ts'

const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'Hello' }]

/** The SDKs over one budget, and what it has counted when everything has ended. */
async function paying(answer: Answer, limitUsd = 1000) {
  const { url, asked } = await answeringServer(() => answer)
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd } })
  return {
    asked,
    ops,
    url,
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch }),
    anthropic: new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0, fetch: ops.fetch }),
    async spentUsd() {
      await ops.close()
      const { spentUsd, heldUsd } = await ops.budget.read('contoso')
      expect(heldUsd).toBe(0)
      return spentUsd
    },
  }
}

/** Says nothing where it counts no output. */
const chat = (model: string, usage: { readonly completion_tokens?: number }) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model,
  choices: [
    { index: 0, message: { role: 'assistant', content: usage.completion_tokens ? 'Hi' : '' }, finish_reason: 'stop' },
  ],
  usage,
})
const response = (model: string, usage: object, output: object[] = []) => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model,
  output,
  usage,
})
const message = (model: string, usage: object) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model,
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  usage,
})
const messageStream = (model: string, start: object, end: object) => [
  { type: 'message_start', message: { ...message(model, start), content: [], stop_reason: null } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: end },
  { type: 'message_stop' },
]

function listed(model: string) {
  const rateCard = createRateCard()
  const usd = (usage: object) => rateCard.cost(model, { inputTokens: 1_000_000, outputTokens: 0, ...usage })
  return { input: usd({}), cached: usd({ cachedInputTokens: 1_000_000 }) }
}

/** By hand, from the providers' pages of prices; `usd` is the sum that stands behind each. */
const ANTHROPIC: readonly [string, string, object, number][] = [
  ['plain', 'claude-sonnet-4-6', { input_tokens: 1000, output_tokens: 100 }, 0.003 + 0.0015],
  [
    'a cache that is read',
    'claude-sonnet-4-6',
    { input_tokens: 1000, cache_read_input_tokens: 100_000, output_tokens: 100 },
    0.003 + 0.03 + 0.0015,
  ],
  [
    'a cache that is written, of which nobody says for how long',
    'claude-sonnet-4-6',
    { input_tokens: 0, cache_creation_input_tokens: 100_000, output_tokens: 0 },
    0.375,
  ],
  [
    'a cache that is written for an hour',
    'claude-sonnet-4-6',
    {
      input_tokens: 0,
      cache_creation_input_tokens: 100_000,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 100_000 },
      output_tokens: 0,
    },
    0.6,
  ],
  [
    'caches that are written for five minutes and for an hour',
    'claude-sonnet-4-6',
    {
      input_tokens: 1000,
      cache_read_input_tokens: 10_000,
      cache_creation_input_tokens: 30_000,
      cache_creation: { ephemeral_5m_input_tokens: 20_000, ephemeral_1h_input_tokens: 10_000 },
      output_tokens: 100,
    },
    0.003 + 0.003 + 0.075 + 0.06 + 0.0015,
  ],
  [
    'parts alone of a cache that is written',
    'claude-sonnet-4-6',
    { input_tokens: 0, cache_creation: { ephemeral_1h_input_tokens: 100_000 }, output_tokens: 0 },
    0.6,
  ],
  [
    'five searches of the web, and pages that are fetched for nothing',
    'claude-sonnet-4-6',
    {
      input_tokens: 1000,
      output_tokens: 100,
      server_tool_use: { web_search_requests: 5, web_fetch_requests: 7 },
    },
    0.003 + 0.0015 + 0.05,
  ],
  ['fast mode', 'claude-opus-4-8', { input_tokens: 1000, output_tokens: 100, speed: 'fast' }, (0.005 + 0.0025) * 2],
  ['fast mode of before', 'claude-opus-4-6', { input_tokens: 1000, output_tokens: 100, speed: 'fast' }, 0.03 + 0.015],
  ['standard speed', 'claude-opus-4-8', { input_tokens: 1000, output_tokens: 100, speed: 'standard' }, 0.0075],
  [
    'inference in the US alone, caches too',
    'claude-opus-4-8',
    { input_tokens: 1000, cache_read_input_tokens: 10_000, output_tokens: 100, inference_geo: 'us' },
    0.0055 + 0.0055 + 0.00275,
  ],
  [
    'fast mode in the US alone',
    'claude-opus-4-8',
    { input_tokens: 1000, output_tokens: 100, inference_geo: 'us', speed: 'fast' },
    (0.005 + 0.0025) * 2 * 1.1,
  ],
  [
    'inference anywhere',
    'claude-opus-4-8',
    { input_tokens: 1000, output_tokens: 100, inference_geo: 'global', speed: null },
    0.0075,
  ],
  [
    'tools that were not used',
    'claude-sonnet-4-6',
    { input_tokens: 1000, output_tokens: 100, server_tool_use: null },
    0.003 + 0.0015,
  ],
]

describe("Anthropic's Messages", () => {
  it.each(ANTHROPIC)('cost with %s what the provider bills', async (_, model, usage, usd) => {
    const { anthropic, spentUsd } = await paying(message(model, usage))
    await anthropic.messages.create({ model, max_tokens: 1000, messages })
    expect(await spentUsd()).toBeCloseTo(usd, 9)
  })

  it.each(ANTHROPIC)('cost with %s what the provider bills, streamed', async (_, model, usage, usd) => {
    const { anthropic, spentUsd } = await paying(messageStream(model, { ...usage, output_tokens: 1 }, usage))
    for await (const _event of await anthropic.messages.create({ model, max_tokens: 1000, messages, stream: true }));
    // The output that the beginning says is not final.
    expect(await spentUsd()).toBeCloseTo(usd, 9)
  })

  const text = 'x'.repeat(40_000)
  const cached = (ttl: '5m' | '1h') => ({
    type: 'text' as const,
    text,
    cache_control: { type: 'ephemeral' as const, ttl },
  })
  const asking = (ttl: '5m' | '1h') => [{ role: 'user' as const, content: [cached(ttl)] }]
  const forHour = {
    input_tokens: 10,
    cache_creation_input_tokens: 40_000,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 40_000 },
    output_tokens: 1,
  }

  it.each<[string, object]>([
    ['in a message', { messages: asking('1h') }],
    ['in the system prompt', { messages, system: [cached('1h')] }],
    [
      'in the result of a tool',
      { messages: [{ role: 'user', content: [{ type: 'tool_result', content: [cached('1h')] }] }] },
    ],
    [
      'at a tool',
      { messages, tools: [{ name: text, input_schema: {}, cache_control: { type: 'ephemeral', ttl: '1h' } }] },
    ],
    ['of the whole', { messages: [{ role: 'user', content: text }], cache_control: { type: 'ephemeral', ttl: '1h' } }],
  ])('hold what an hour in the cache costs where the request asks for it %s', async (_, request) => {
    // 40,000 bytes are at most $0.24 for an hour, and $0.15 for five minutes.
    const { anthropic, asked } = await paying(message('claude-sonnet-4-6', forHour), 0.2)
    const body = { model: 'claude-sonnet-4-6', max_tokens: 1, ...request }
    await expect(anthropic.messages.create(body as never)).rejects.toMatchObject({ status: 402 })
    expect(asked).toHaveLength(0)
  })

  it.each([
    [{ speed: 'fast' }, 2],
    [{ inference_geo: 'us' }, 1.1],
    [{ speed: 'standard', inference_geo: 'global' }, 1],
  ])('hold what the request asks for: %j', async (asked, factor) => {
    // A million tokens of output are $25.
    const body = { model: 'claude-opus-4-8', max_tokens: 1000, messages, ...asked }
    const answer = message('claude-opus-4-8', { input_tokens: 10, output_tokens: 1 })
    const poor = await paying(answer, 0.025 * factor)
    await poor.anthropic.messages.create(body as never)
    expect(poor.asked[0]!.body['max_tokens']).toBeLessThan(1000)
    const richer = await paying(answer, 0.026 * factor)
    await richer.anthropic.messages.create(body as never)
    expect(richer.asked[0]!.body['max_tokens']).toBe(1000)
  })

  it('hold five minutes in the cache where the request asks for no hour', async () => {
    const { anthropic, asked } = await paying(message('claude-sonnet-4-6', { input_tokens: 10, output_tokens: 1 }), 0.2)
    await anthropic.messages.create({ model: 'claude-sonnet-4-6', max_tokens: 1, messages: asking('5m') })
    expect(asked).toHaveLength(1)
  })

  it('charge an hour that was asked for where the answer does not part what was written', async () => {
    const usage = { input_tokens: 0, cache_creation_input_tokens: 100_000, output_tokens: 0 }
    const { anthropic, spentUsd } = await paying(message('claude-sonnet-4-6', usage))
    await anthropic.messages.create({ model: 'claude-sonnet-4-6', max_tokens: 1, messages: asking('1h') })
    expect(await spentUsd()).toBe(0.6)
  })
})

/** Of the list, in US dollars per million. */
const DEEPSEEK = listed('deepseek-chat')

const CHAT: readonly [string, string, object, number][] = [
  ['plain', 'gpt-4o', { prompt_tokens: 10_000, completion_tokens: 1000, total_tokens: 11_000 }, 0.025 + 0.01],
  [
    'a cache that is read',
    'gpt-4o',
    { prompt_tokens: 10_000, completion_tokens: 1000, prompt_tokens_details: { cached_tokens: 8000 } },
    0.005 + 0.01 + 0.01,
  ],
  [
    'a cache that is written',
    'gpt-5.6',
    { prompt_tokens: 100_000, completion_tokens: 0, prompt_tokens_details: { cache_write_tokens: 100_000 } },
    0.5,
  ],
  [
    'a cache that is read and written',
    'gpt-5.6',
    {
      prompt_tokens: 100_000,
      completion_tokens: 100,
      prompt_tokens_details: { cached_tokens: 50_000, cache_write_tokens: 20_000 },
    },
    0.12 + 0.02 + 0.1 + 0.002,
  ],
  [
    'details that are null',
    'gpt-4o',
    { prompt_tokens: 10_000, completion_tokens: 1000, prompt_tokens_details: null, completion_tokens_details: null },
    0.035,
  ],
  [
    'a cache that is read, as DeepSeek says it',
    'deepseek-chat',
    { prompt_tokens: 10_000, completion_tokens: 0, prompt_cache_hit_tokens: 8000, prompt_cache_miss_tokens: 2000 },
    DEEPSEEK.cached * 0.008 + DEEPSEEK.input * 0.002,
  ],
  [
    'a cache that is read, said twice',
    'gpt-4o',
    { prompt_tokens: 10_000, completion_tokens: 0, cached_tokens: 1, prompt_tokens_details: { cached_tokens: 8000 } },
    0.005 + 0.01,
  ],
  [
    'a cache that is read, as Moonshot says it',
    'gpt-4o',
    { prompt_tokens: 10_000, completion_tokens: 0, cached_tokens: 8000 },
    0.005 + 0.01,
  ],
  [
    'sound that was said',
    'gpt-audio',
    { prompt_tokens: 80, completion_tokens: 592, completion_tokens_details: { audio_tokens: 482, text_tokens: 110 } },
    0.0002 + 0.030848 + 0.0011,
  ],
  [
    'sound that was heard',
    'gpt-audio',
    { prompt_tokens: 1000, completion_tokens: 0, prompt_tokens_details: { audio_tokens: 900, text_tokens: 100 } },
    0.0288 + 0.00025,
  ],
  [
    'sound that a cache had, once what is not cached is used up',
    'gpt-realtime',
    { prompt_tokens: 1000, completion_tokens: 0, prompt_tokens_details: { audio_tokens: 600, cached_tokens: 500 } },
    // 500 heard anew, 100 and 400 words from the cache.
    0.016 + 0.00004 + 0.00016,
  ],
  [
    'pictures that were made',
    'gemini-2.5-flash-image',
    { prompt_tokens: 1000, completion_tokens: 1390, completion_tokens_details: { image_tokens: 1290 } },
    0.0003 + 0.0387 + 0.00025,
  ],
  [
    'pictures that were seen',
    'gpt-realtime',
    { prompt_tokens: 1000, completion_tokens: 0, prompt_tokens_details: { image_tokens: 400 } },
    0.002 + 0.0024,
  ],
  [
    'predictions that were not accepted, which are in the output',
    'gpt-4o',
    {
      prompt_tokens: 1000,
      completion_tokens: 100,
      completion_tokens_details: { accepted_prediction_tokens: 20, rejected_prediction_tokens: 50 },
    },
    0.0025 + 0.001,
  ],
]

describe('chat completions', () => {
  it.each(CHAT)('cost with %s what the provider bills', async (_, model, usage, usd) => {
    const { openai, spentUsd } = await paying(chat(model, usage))
    await openai.chat.completions.create({ model, messages })
    expect(await spentUsd()).toBeCloseTo(usd, 9)
  })
})

const RESPONSES: readonly [string, string, object, object[], number][] = [
  ['plain', 'gpt-4o', { input_tokens: 10_000, output_tokens: 1000, total_tokens: 11_000 }, [], 0.035],
  [
    'a cache that is written',
    'gpt-5.6',
    {
      input_tokens: 100_000,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 100_000 },
      output_tokens: 0,
    },
    [],
    0.5,
  ],
  [
    'caches that are written for half an hour and half a day',
    'gpt-5.6',
    {
      input_tokens: 100_000,
      input_tokens_details: {
        cached_tokens: 50_000,
        cache_write_tokens: 50_000,
        cache_write_tokens_details: { ttl_30m_tokens: 25_000, ttl_12h_tokens: 25_000 },
      },
      output_tokens: 0,
    },
    [],
    0.02 + 0.25,
  ],
  [
    'three searches of the web',
    'gpt-4o',
    { input_tokens: 1000, output_tokens: 30 },
    [
      { type: 'web_search_call', id: 'ws_1', action: { type: 'search', query: 'a' } },
      { type: 'web_search_call', id: 'ws_2', action: { type: 'search', query: 'b' } },
      { type: 'web_search_call', id: 'ws_3' },
    ],
    0.0028 + 0.03,
  ],
  [
    'a page that is opened, for nothing',
    'gpt-4o',
    { input_tokens: 1000, output_tokens: 30 },
    [{ type: 'web_search_call', id: 'ws_1', action: { type: 'open_page', url: 'https://example.com' } }],
    0.0028,
  ],
  [
    'a search of files',
    'gpt-4o',
    { input_tokens: 1000, output_tokens: 30 },
    [
      { type: 'file_search_call', id: 'fs_1' },
      { type: 'message', content: [] },
    ],
    0.0028 + 0.0025,
  ],
]

const code = (container: unknown) => ({ type: 'code_interpreter', container })
const ran = (id: string) => ({ type: 'code_interpreter_call', container_id: id })

describe('the containers that a provider runs code in', () => {
  it.each<[string, object, object[], number]>([
    ['one', code({ type: 'auto' }), [ran('cntr_1')], 0.03],
    ['one that is used twice', code({ type: 'auto' }), [ran('cntr_1'), ran('cntr_1')], 0.03],
    ['two', code({ type: 'auto' }), [ran('cntr_1'), ran('cntr_2')], 0.06],
    ['one of four gigabytes', code({ type: 'auto', memory_limit: '4g' }), [ran('cntr_1')], 0.12],
    ['one of no size that there is', code({ type: 'auto', memory_limit: 'constructor' }), [ran('cntr_1')], 0.03],
    ['one that was made before', code('cntr_1'), [ran('cntr_1')], 0],
    ['none', code({ type: 'auto' }), [{ type: 'message', content: [] }], 0],
  ])('%s', async (_, tool, output, usd) => {
    const answer = { ...response('gpt-4o', { input_tokens: 1000, output_tokens: 30 }, output), tools: [tool] }
    const { openai, spentUsd } = await paying(answer)
    await openai.responses.create({ model: 'gpt-4o', input: 'Hello', tools: [tool] } as never)
    expect(await spentUsd()).toBeCloseTo(0.0028 + usd, 9)
  })

  it('are held where the request asks for one', async () => {
    const body = {
      model: 'gpt-4o',
      input: 'Hello',
      max_output_tokens: 1,
      tools: [code({ type: 'auto', memory_limit: '4g' })],
    }
    // The context of gpt-4o is $0.32.
    const answer = response('gpt-4o', { input_tokens: 10, output_tokens: 1 })
    const poor = await paying(answer, 0.4399)
    await expect(poor.openai.responses.create(body as never)).rejects.toMatchObject({ status: 402 })
    const richer = await paying(answer, 0.4402)
    await richer.openai.responses.create(body as never)
    expect(richer.asked).toHaveLength(1)
  })
})

describe('responses', () => {
  it.each(RESPONSES)('cost with %s what the provider bills', async (_, model, usage, output, usd) => {
    const { openai, spentUsd } = await paying(response(model, usage, output))
    await openai.responses.create({ model, input: 'Hello' })
    expect(await spentUsd()).toBeCloseTo(usd, 9)
  })
})

describe('a hold covers the searches that a request allows', () => {
  // The context of gpt-4o is $0.32, each search of the web $0.01 and of files $0.0025, a token of output nearly nothing.
  const web = { type: 'web_search' }
  const files = { type: 'file_search', vector_store_ids: ['vs_1'] }
  it.each([
    [{ tools: [web], max_tool_calls: 3 }, 0.35],
    [{ tools: [files], max_tool_calls: 4 }, 0.33],
    [{ tools: [web, files], max_tool_calls: 4 }, 0.37],
    [{ tools: [web] }, 0.42],
  ])('%j', async (request, usd) => {
    const body = { model: 'gpt-4o', input: 'Hello', max_output_tokens: 1, ...request }
    const answer = response('gpt-4o', { input_tokens: 10, output_tokens: 1 })
    const poor = await paying(answer, usd)
    await expect(poor.openai.responses.create(body as never)).rejects.toMatchObject({ status: 402 })
    expect(poor.asked).toHaveLength(0)
    const richer = await paying(answer, usd + 0.0001)
    await richer.openai.responses.create(body as never)
    expect(richer.asked).toHaveLength(1)
  })

  it('as Anthropic bounds them, tool by tool', async () => {
    const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const, max_uses: 5 }]
    const answer = message('claude-3-5-haiku-latest', { input_tokens: 10, output_tokens: 1 })
    const body = { model: 'claude-3-5-haiku-latest', max_tokens: 1, messages }
    // Its context of 200,000 is $0.2 written to a cache, five searches are $0.05.
    const poor = await paying(answer, 0.249)
    await expect(poor.anthropic.messages.create({ ...body, tools })).rejects.toMatchObject({ status: 402 })
    const richer = await paying(answer, 0.2501)
    await richer.anthropic.messages.create({ ...body, tools })
    expect(richer.asked).toHaveLength(1)
  })
})

describe('the tier that a call was served in', () => {
  const usage = { prompt_tokens: 10_000, completion_tokens: 1000, total_tokens: 11_000 }
  it.each<[string, string, string | undefined, string | undefined, number]>([
    ['gpt-4o', 'said by the answer', 'priority', 'priority', 0.0595],
    ['gpt-4o', 'not had', 'priority', 'default', 0.035],
    ['gpt-4o', 'not told', 'priority', undefined, 0.0595],
    ['gpt-4o', 'unasked, as by the settings of a project', undefined, 'priority', 0.0595],
    ['gpt-5', 'said by the answer', 'flex', 'flex', 0.01125],
    ['gpt-5', 'not told', 'flex', undefined, 0.0225],
    ['gpt-5', 'of a name that nobody knows', 'constructor', 'constructor', 0.0225],
  ])('%s, %s', async (model, _, asked, told, usd) => {
    const answer = { ...chat(model, usage), ...(told ? { service_tier: told } : {}) }
    const { openai, spentUsd } = await paying(answer)
    await openai.chat.completions.create({ model, messages, ...(asked ? { service_tier: asked } : {}) } as never)
    expect(await spentUsd()).toBeCloseTo(usd, 9)
  })

  it('is read from streams, responses and messages too', async () => {
    const chunk = { object: 'chat.completion.chunk', model: 'gpt-4o', service_tier: 'priority' }
    const choices = [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }]
    const streamed = await paying([{ ...chunk, choices }, { ...chunk, choices: [], usage }, '[DONE]'])
    for await (const _ of await streamed.openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true }));
    expect(await streamed.spentUsd()).toBeCloseTo(0.0595, 9)
    const answer = response('gpt-5', { input_tokens: 10_000, output_tokens: 1000 })
    const responses = await paying({ ...answer, service_tier: 'flex' })
    await responses.openai.responses.create({ model: 'gpt-5', input: 'Hello' })
    expect(await responses.spentUsd()).toBeCloseTo(0.01125, 9)
    const counts = { input_tokens: 1000, output_tokens: 100, service_tier: 'batch' }
    const batch = await paying(message('claude-sonnet-4-6', counts))
    await batch.anthropic.messages.create({ model: 'claude-sonnet-4-6', max_tokens: 100, messages })
    expect(await batch.spentUsd()).toBeCloseTo(0.00225, 9)
  })

  it('is held where the request asks for it', async () => {
    // A thousand tokens are $0.01 of gpt-4o, and $0.017 with priority.
    const body = { model: 'gpt-4o', messages, max_completion_tokens: 1000 }
    const { openai, asked } = await paying(chat('gpt-4o', usage), 0.012)
    await openai.chat.completions.create({ ...body, service_tier: 'priority' })
    expect(asked[0]!.body['max_completion_tokens']).toBeLessThan(710)
    const standard = await paying(chat('gpt-4o', usage), 0.012)
    await standard.openai.chat.completions.create(body)
    expect(standard.asked[0]!.body['max_completion_tokens']).toBe(1000)
  })
})

describe('an answer that a gateway had in its memory', () => {
  const usage = { prompt_tokens: 10_000, completion_tokens: 1000 }
  it.each([
    ['cf-aig-cache-status', 'HIT', 0],
    ['helicone-cache', 'HIT', 0],
    ['x-portkey-cache-status', 'HIT', 0],
    ['cf-aig-cache-status', 'MISS', 0.035],
    ['helicone-cache', 'BUCKET_FULL', 0.035],
    ['x-cache', 'HIT', 0.035],
  ])('%s: %s costs $%d', async (name, value, usd) => {
    const ops = createLlmOps({
      defaultTenant: 'contoso',
      budget: { limitUsd: 1 },
      fetch: async () => Response.json(chat('gpt-4o', usage), { headers: { [name]: value } }),
    })
    const openai = new OpenAI({ apiKey: 'any', fetch: ops.fetch })
    await openai.chat.completions.create({ model: 'gpt-4o', messages })
    await ops.close()
    expect((await ops.budget.read('contoso')).spentUsd).toBeCloseTo(usd, 9)
  })
})
