import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { generateText, type ModelMessage } from 'ai'
import OpenAI from 'openai'
import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { describe, expect, it } from 'vitest'
import { type Answer, type Asked, answeringServer } from '../../../test/support/answering-server.ts'
import type { BudgetOptions } from '../../budget/index.ts'
import { createLlmOps } from '../../llmops.ts'
import type { LlmOpsOptions } from '../../llmops-options.ts'
import { createRateCard } from '../../pricing/index.ts'
import { memorySeen, type Seen } from '../../seen.ts'
import { createGovernedFetch, type ModelCall, type ModelLayer } from '../index.ts'

const rateCard = createRateCard()

/** A layer that notes each call. */
const noting =
  (calls: ModelCall[]): ModelLayer =>
  (call, next) => {
    calls.push(call)
    return next(call)
  }

/** Everything that the formats read, with a usage for each. */
const answerOf = (inputTokens: number, outputTokens = 5, more: object = {}) => ({
  id: 'resp_1',
  type: 'message',
  status: 'completed',
  model: 'gpt-4.1',
  content: [],
  choices: [],
  data: [],
  output: [
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
    },
  ],
  usage: {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
  },
  ...more,
})

/** The SDKs over one budget, the calls that it saw, and what the provider billed. */
async function held(
  limitUsd: number,
  answer: (asked: Asked, index: number) => Answer = () => answerOf(10),
  { budget, ...options }: Omit<LlmOpsOptions, 'budget'> & { budget?: Partial<BudgetOptions> } = {},
) {
  const { url, asked } = await answeringServer(answer)
  const calls: ModelCall[] = []
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd, waitForHoldsMs: 0, ...budget },
    layers: { model: [noting(calls)] },
    ...options,
  })
  const post = (path: string, body: object) =>
    ops.fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  return {
    asked,
    calls,
    ops,
    post,
    /** What is held for the input of a request. */
    async inputTokens(path: string, body: object) {
      await post(path, body)
      return calls.at(-1)!.inputTokens
    },
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch }),
    anthropic: new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0, fetch: ops.fetch }),
    aiSdk: createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch }),
    async spentUsd() {
      await ops.close()
      return (await ops.budget!.read('contoso')).spentUsd
    },
  }
}

const GPT_4O_CONTEXT = 128_000
const CLAUDE_CONTEXT = 200_000
const base64 = (bytes: number) => Buffer.alloc(bytes, 'jpeg').toString('base64')

describe('a request that refers to earlier answers', () => {
  it('is held as the context of its model where nothing is known: ten second turns of the AI SDK spend nothing on $0.01', async () => {
    const { aiSdk, asked, spentUsd } = await held(0.01, () => answerOf(120_000))
    const elsewhere = await held(1000, () => answerOf(120_000))
    const first = await generateText({ model: elsewhere.aiSdk('gpt-4.1'), prompt: 'Hello', maxRetries: 0 })
    const prompt: ModelMessage[] = [
      { role: 'user', content: 'Hello' },
      ...first.response.messages,
      { role: 'user', content: 'Go on' },
    ]
    const turns = Array.from({ length: 10 }, () =>
      generateText({ model: aiSdk('gpt-4.1'), prompt, maxOutputTokens: 50, maxRetries: 0 }),
    )
    expect((await Promise.allSettled(turns)).map(({ status }) => status)).toEqual(Array(10).fill('rejected'))
    expect([asked.length, await spentUsd()]).toEqual([0, 0])
  })

  it('is held as what an earlier answer of this process said of them', async () => {
    const { aiSdk, asked, calls } = await held(0.1, () => answerOf(40, 5))
    const first = await generateText({ model: aiSdk('gpt-4.1'), prompt: 'Hello' })
    const prompt: ModelMessage[] = [
      { role: 'user', content: 'Hello' },
      ...first.response.messages,
      { role: 'user', content: 'Go on' },
    ]
    await generateText({ model: aiSdk('gpt-4.1'), prompt })
    expect(JSON.stringify(asked[1]!.body)).toContain('item_reference')
    const text = Buffer.byteLength(calls[1]!.request.text)
    expect(calls[1]!.inputTokens - text).toBe(5)
  })

  it.each([
    ['a response', { previous_response_id: 'resp_1' }],
    ['a conversation', { conversation: { id: 'conv_1' } }],
    ['a conversation by its name', { conversation: 'conv_1' }],
    ['a stored prompt', { prompt: { id: 'pmpt_1', version: '2' } }],
    ['an item without a type', { input: [{ id: 'msg_7' }] }],
  ])('as %s is held as the context, and after an answer as what that said', async (_, reference) => {
    const { inputTokens } = await held(1000, () => answerOf(900, 50))
    const body = { model: 'gpt-4o', input: 'Go on', ...reference }
    expect(await inputTokens('/v1/responses', body)).toBe(GPT_4O_CONTEXT)
    expect(await inputTokens('/v1/responses', body)).toBe(JSON.stringify(body).length + 950)
  })

  it('of a model with a long context is held as that: $1.80 are not spent on $0.50', async () => {
    const { openai, asked, spentUsd } = await held(0.5, () => answerOf(900_000))
    const call = openai.responses.create({ model: 'gpt-4.1', input: 'Go on', previous_response_id: 'resp_0' })
    await expect(call).rejects.toMatchObject({ status: 402 })
    expect([asked.length, await spentUsd()]).toEqual([0, 0])
  })

  it('is made on a small budget once the answer before it is known', async () => {
    const { openai, asked } = await held(0.25, () => answerOf(900, 50))
    const { id } = await openai.responses.create({ model: 'gpt-4o', input: 'Hello' })
    await openai.responses.create({ model: 'gpt-4o', input: 'Go on', previous_response_id: id })
    expect(asked).toHaveLength(2)
  })

  it('knows a growing conversation by its last answer', async () => {
    const { inputTokens } = await held(1000, (_, index) => answerOf(1000 * (index + 1), 50))
    const body = { model: 'gpt-4o', input: 'Go on', conversation: 'conv_1' }
    await inputTokens('/v1/responses', body)
    await inputTokens('/v1/responses', body)
    expect(await inputTokens('/v1/responses', body)).toBe(JSON.stringify(body).length + 2050)
  })

  it('learns from a stream as from a whole answer', async () => {
    const response = answerOf(900, 50)
    const { inputTokens, openai } = await held(1000, ({ body }) =>
      body['stream'] ? [{ type: 'response.completed', response }] : response,
    )
    for await (const _ of await openai.responses.create({ model: 'gpt-4o', input: 'Hello', stream: true }));
    const body = { model: 'gpt-4o', input: 'Go on', previous_response_id: 'resp_1' }
    expect(await inputTokens('/v1/responses', body)).toBe(JSON.stringify(body).length + 950)
  })

  it('as a thread of Anthropic is held as the context, and as what the answer before it said', async () => {
    const { inputTokens, post, anthropic, calls, asked } = await held(1000, (_, index) =>
      answerOf(900, 50, { id: `msg_${index}`, model: 'claude-haiku-4-5' }),
    )
    const request = { model: 'claude-haiku-4-5', max_tokens: 9 }
    const next = (id: string) => ({
      ...request,
      messages: [{ role: 'user', content: 'Go on' }],
      thread: { type: 'continue', previous_message_id: id },
    })
    expect(await inputTokens('/v1/messages', next('msg_of_another_process'))).toBe(CLAUDE_CONTEXT)
    const thread = anthropic.beta.messages.thread(request)
    await thread.send({ role: 'user', content: 'Hello' })
    await thread.send({ role: 'user', content: 'Go on' })
    const text = Buffer.byteLength(calls[2]!.request.text)
    expect([asked.length, calls[2]!.inputTokens - text]).toEqual([3, 950])
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
    await post('/v1/messages', { ...next(''), tools, thread: { type: 'create' } })
    expect(await inputTokens('/v1/messages', next('msg_3'))).toBe(CLAUDE_CONTEXT)
    expect(await inputTokens('/v1/messages', next('msg_4'))).toBe(CLAUDE_CONTEXT)
  })

  it('gets the whole context for a tool of the provider that a message adds', async () => {
    const { inputTokens } = await held(1000, () => answerOf(900))
    const adding = (definition: object) => ({
      model: 'claude-haiku-4-5',
      max_tokens: 9,
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'system', content: [{ type: 'tool_addition', tool: { type: 'tool_definition', definition } }] },
      ],
    })
    const search = { type: 'web_search_20250305', name: 'web_search' }
    expect(await inputTokens('/v1/messages', adding(search))).toBe(CLAUDE_CONTEXT)
    expect(await inputTokens('/v1/messages', adding({ name: 'lookup', input_schema: {} }))).toBeLessThan(1000)
  })

  it('does not take what brought pictures at another price of pictures for known', async () => {
    const { inputTokens } = await held(1000, () => answerOf(4000, 50))
    const picture = { type: 'input_image', image_url: 'https://example.com/a.png' }
    await inputTokens('/v1/responses', { model: 'gpt-4o', input: [{ role: 'user', content: [picture] }] })
    const body = { input: 'Go on', previous_response_id: 'resp_1' }
    // 33 times as many tokens for the same picture.
    expect(await inputTokens('/v1/responses', { model: 'gpt-4o-mini', ...body })).toBe(GPT_4O_CONTEXT)
    expect(await inputTokens('/v1/responses', { model: 'gpt-4o', ...body })).toBeLessThan(5000)
  })

  it('takes a stored prompt that searches for unknown, whatever one answer had found', async () => {
    const { inputTokens } = await held(1000, () => answerOf(900, 50, { tools: [{ type: 'web_search' }] }))
    const body = { model: 'gpt-4o', input: 'Go on', prompt: { id: 'pmpt_1' } }
    await inputTokens('/v1/responses', body)
    expect(await inputTokens('/v1/responses', body)).toBe(GPT_4O_CONTEXT)
  })
})

describe('what earlier answers said', () => {
  it('is kept of the newest 10,000 answers', () => {
    const seen = memorySeen()
    for (let answer = 0; answer <= 10_000; answer++)
      seen.remember([
        [`resp_${answer}`, { tokens: answer }],
        ['conv', { tokens: answer }],
      ])
    expect(seen.read(['resp_0', 'resp_1', 'resp_10000', 'conv'])).toEqual([
      undefined,
      { tokens: 1 },
      { tokens: 10_000 },
      { tokens: 10_000 },
    ])
  })

  it.each([false, true])('can be kept elsewhere; where it cannot be read (%j) the context is held', async (fails) => {
    const kept = memorySeen()
    const elsewhere: Seen = {
      read: async (ids) => (fails ? Promise.reject(new Error('gone')) : kept.read(ids)),
      remember: async (entries) => (fails ? Promise.reject(new Error('gone')) : kept.remember(entries)),
    }
    const { url } = await answeringServer(() => answerOf(900, 50))
    const calls: ModelCall[] = []
    const { fetch } = createGovernedFetch({
      rateCard,
      defaultTenant: 'contoso',
      seen: elsewhere,
      layers: [noting(calls)],
    })
    const body = JSON.stringify({ model: 'gpt-4o', input: 'Go on', previous_response_id: 'resp_1' })
    for (let turn = 0; turn < 2; turn++) await fetch(`${url}/v1/responses`, { method: 'POST', body })
    const second = fails ? GPT_4O_CONTEXT : body.length + 950
    expect(calls.map(({ inputTokens }) => inputTokens)).toEqual([GPT_4O_CONTEXT, second])
  })
})

describe('a tool that the provider runs', () => {
  it.each([
    ['/v1/responses', { type: 'web_search' }],
    ['/v1/responses', { type: 'mcp', server_label: 'a', server_url: 'https://example.com' }],
    ['/v1/responses', { type: 'file_search', vector_store_ids: ['vs_1'] }],
    ['/v1/responses', { type: 'code_interpreter', container: { type: 'auto' } }],
    ['/v1/responses', { type: 'shell', environment: { type: 'container_auto' } }],
    ['/v1/messages', { type: 'web_search_20250305', name: 'web_search' }],
    ['/v1/messages', { type: 'web_fetch_20250910', name: 'web_fetch' }],
    ['/v1/messages', { type: 'code_execution_20250825', name: 'code_execution' }],
    ['/v1/messages', { type: 'mcp_toolset', mcp_server_name: 'a' }],
    ['/v1/chat/completions', { type: 'web_search' }],
    ['/v1/chat/completions', { type: 'a_tool_of_tomorrow' }],
  ])('holds the context at %s: %j', async (path, tool) => {
    const { inputTokens } = await held(1000)
    const messages = [{ role: 'user', content: 'Hello' }]
    expect(await inputTokens(path, { model: 'gpt-4o', max_tokens: 9, messages, input: 'Hello', tools: [tool] })).toBe(
      GPT_4O_CONTEXT,
    )
  })

  it.each([
    ['/v1/chat/completions', { web_search_options: {} }],
    ['/v1/chat/completions', { data_sources: [{ type: 'azure_search' }] }],
    ['/v1/chat/completions', { search_parameters: { mode: 'auto' } }],
    ['/v1/chat/completions', { plugins: [{ id: 'web' }] }],
    ['/v1/chat/completions', { enable_search: true }],
    ['/v1/chat/completions', { extra_body: { google: { cached_content: 'cachedContents/1' } } }],
    ['/v1/chat/completions', { extra_body: { google: { tools: [{ google_search: {} }] } } }],
    ['/v1/messages', { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'a' }] }],
    ['/v1/messages', { container: { skills: [] } }],
  ])('holds it at %s when it is asked for by a field: %j', async (path, field) => {
    const { inputTokens } = await held(1000)
    const messages = [{ role: 'user', content: 'Hello' }]
    expect(await inputTokens(path, { model: 'gpt-4o', max_tokens: 9, messages, ...field })).toBe(GPT_4O_CONTEXT)
  })

  it('holds the context of a model that always has them', async () => {
    const contextTokens = 131_072
    const price = { inputUsdPerMillion: 0.15, outputUsdPerMillion: 0.6, contextTokens }
    const { inputTokens } = await held(1000, undefined, { rateCard: { overrides: { 'groq/compound': price } } })
    const body = { model: 'groq/compound', messages: [{ role: 'user', content: 'Hello' }] }
    expect(await inputTokens('/openai/v1/chat/completions', body)).toBe(contextTokens)
  })

  it.each([
    { search_parameters: { mode: 'off' } },
    { plugins: [] },
    { data_sources: [] },
    { enable_search: false },
    { extra_body: { google: { thinking_config: { include_thoughts: true } } } },
  ])('holds nothing where it is switched off: %j', async (field) => {
    const { inputTokens } = await held(1000)
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }], ...field }
    expect(await inputTokens('/v1/chat/completions', body)).toBe(JSON.stringify(body).length)
  })

  it.each([
    ['/v1/chat/completions', { type: 'function', function: { name: 'a' } }],
    ['/v1/responses', { type: 'function', name: 'a' }],
    ['/v1/responses', { type: 'custom', name: 'a' }],
    ['/v1/responses', { type: 'local_shell' }],
    ['/v1/responses', { type: 'shell', environment: { type: 'local' } }],
    ['/v1/responses', { type: 'computer_use_preview' }],
    ['/v1/messages', { name: 'a', input_schema: { type: 'object' } }],
    ['/v1/messages', { type: 'bash_20250124', name: 'bash' }],
    ['/v1/messages', { type: 'text_editor_20250728', name: 'edit' }],
    ['/v1/messages', { type: 'computer_20250124', name: 'computer' }],
  ])('is separated from one that the application runs, at %s: %j', async (path, tool) => {
    const { inputTokens } = await held(1000)
    const messages = [{ role: 'user', content: 'Hello' }]
    const tokens = await inputTokens(path, { model: 'gpt-4o', max_tokens: 9, messages, input: 'Hello', tools: [tool] })
    expect(tokens).toBeLessThan(3000)
    // The prompt that Anthropic adds for tools, and the definitions of its own, are in no body.
    if (path === '/v1/messages') expect(tokens).toBeGreaterThan('type' in tool ? 1500 : 600)
  })

  it('spends nothing on $0.01 that it would pass, by either SDK', async () => {
    const { openai, anthropic, asked } = await held(0.01, () => answerOf(60_000))
    const byOpenAi = openai.responses.create({ model: 'gpt-4.1', input: 'Hello', tools: [{ type: 'web_search' }] })
    const byAnthropic = anthropic.messages.create({
      model: 'claude-opus-4-6',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'Hello' }],
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
    })
    await expect(byOpenAi).rejects.toMatchObject({ status: 402 })
    await expect(byAnthropic).rejects.toMatchObject({ status: 402 })
    expect(asked).toHaveLength(0)
  })
})

const DOCUMENTS = [
  { type: 'file', file: { file_id: 'file-1' } },
  { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${base64(3000)}` } },
  { type: 'document_url', document_url: 'https://example.com/a.pdf' },
  { type: 'input_audio', input_audio: 'https://example.com/a.mp3' },
  { type: 'input_audio', input_audio: { url: 'https://example.com/a.mp3' } },
  { type: 'input_file', file_id: 'file-1' },
  { type: 'input_file', file_url: 'https://example.com/a.pdf' },
  { type: 'input_file', filename: 'a.pdf', file_data: base64(3000) },
  { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: base64(3000) } },
  { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
  { type: 'document', source: { type: 'file', file_id: 'file-1' } },
  { type: 'container_upload', file_id: 'file-1' },
  { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } },
  { type: 'image_url', image_url: { url: `data:application/pdf;base64,${base64(3000)}` } },
]

/** Where parts can stand: in a message, in the result of a tool, in a document that is made of parts, deeper. */
const wrapped = fc.letrec<{ parts: object[] }>((tie) => ({
  parts: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(...DOCUMENTS).map((part) => [{ type: 'text', text: 'Look' }, part]),
    tie('parts').map((content) => [{ type: 'tool_result', tool_use_id: 'a', content }]),
    tie('parts').map((output) => [{ type: 'function_call_output', call_id: 'a', output }]),
    tie('parts').map((content) => [{ type: 'document', source: { type: 'content', content } }]),
    tie('parts').map((content) => [
      { type: 'text', text: 'Look' },
      { type: 'search_result', content },
    ]),
  ),
})).parts

describe('a document', () => {
  it('is held as the context, at any depth and in any format', async () => {
    const { inputTokens } = await held(1000, () => ({ error: 'unread' }))
    for (const parts of fc.sample(wrapped, sized({ test: 80, soak: 2_000 }))) {
      const messages = [{ role: 'user', content: parts }]
      for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/responses']) {
        const body = { model: 'gpt-4o', max_tokens: 9, messages, input: messages }
        expect([await inputTokens(path, body), parts]).toEqual([GPT_4O_CONTEXT, parts])
      }
    }
  })

  it.each(DOCUMENTS.slice(0, 11).filter((part) => !/data|base64/.test(JSON.stringify(part))))(
    'that is kept elsewhere is known by the answer to it: %j',
    async (part) => {
      const { inputTokens } = await held(1000, () => answerOf(900, 50))
      const body = { model: 'gpt-4o', max_tokens: 9, messages: [{ role: 'user', content: [part] }] }
      const path = part.type === 'document' ? '/v1/messages' : '/v1/chat/completions'
      expect(await inputTokens(path, body)).toBe(GPT_4O_CONTEXT)
      expect(await inputTokens(path, body)).toBe(JSON.stringify(body).length + 950)
    },
  )

  it.each([
    { type: 'text', text: `data:application/pdf;base64,${base64(3000)}` },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: base64(3000) } },
    { type: 'tool_use', id: 'a', name: 'open', input: { type: 'file', file_id: 'file-1', url: 'https://example.com' } },
    { type: 'text', text: 'See', annotations: [{ type: 'file_citation', file_id: 'file-1' }] },
  ])('is separated from text, whose tokens its bytes bound: %#', async (part) => {
    const { inputTokens } = await held(1000)
    const body = { model: 'gpt-4o', max_tokens: 9, messages: [{ role: 'user', content: [part] }] }
    expect(await inputTokens('/v1/messages', body)).toBe(JSON.stringify(body).length)
  })

  it('in the result of a tool is not billed above $0.01', async () => {
    const { openai, asked } = await held(0.01, () => answerOf(100_000))
    const output = [{ type: 'input_file' as const, file_id: 'file-1' }]
    const call = openai.responses.create({
      model: 'gpt-4.1',
      input: [{ type: 'function_call_output', call_id: 'call_1', output }],
    })
    await expect(call).rejects.toMatchObject({ status: 402 })
    expect(asked).toHaveLength(0)
  })

  it('too deep for any format is held as the context, and breaks nothing', async () => {
    const { ops, calls } = await held(1000)
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const text = JSON.stringify({
      model: 'gpt-4o',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'DEEP' }],
    }).replace('"DEEP"', deep)
    await ops.fetch('http://127.0.0.1:1/v1/chat/completions', { method: 'POST', body: text }).catch(() => {})
    expect(calls.at(-1)!.inputTokens).toBe(GPT_4O_CONTEXT)
  })
})

describe('a picture', () => {
  const DATA = base64(1024 * 1024)
  const PICTURES: [string, string, object][] = [
    ['gpt-4o', '/v1/chat/completions', { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${DATA}` } }],
    ['gpt-4o', '/v1/chat/completions', { type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } }],
    ['gpt-4o', '/v1/responses', { type: 'input_image', image_url: `data:image/jpeg;base64,${DATA}` }],
    ['gpt-4o', '/v1/responses', { type: 'input_image', file_id: 'file-1' }],
    [
      'gpt-4o',
      '/v1/responses',
      {
        type: 'computer_call_output',
        output: { type: 'computer_screenshot', image_url: `data:image/png;base64,${DATA}` },
      },
    ],
    [
      'claude-sonnet-4-5',
      '/v1/messages',
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: DATA } },
    ],
    ['claude-sonnet-4-5', '/v1/messages', { type: 'image', source: { type: 'url', url: 'https://example.com/a.jpg' } }],
    [
      'claude-sonnet-4-5',
      '/v1/messages',
      {
        type: 'tool_result',
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: DATA } }],
      },
    ],
  ]
  const MOST: Record<string, number> = { 'gpt-4o': 1445, 'claude-sonnet-4-5': 1640 }

  it.each(PICTURES)('is held for %s at %s as the most that one can be', async (model, path, part) => {
    const { inputTokens } = await held(1000)
    const content = [{ type: 'text', text: 'Look' }, part]
    const body = {
      model,
      max_tokens: 9,
      [path === '/v1/responses' ? 'input' : 'messages']: [{ role: 'user', content }],
    }
    const tokens = await inputTokens(path, body)
    expect(tokens).toBeGreaterThan(MOST[model]!)
    expect(tokens).toBeLessThan(MOST[model]! + 600)
  })

  it.each([
    ['gpt-4o-mini', 48_169],
    ['gpt-4o', 1_445],
    ['openai/gpt-4o', 1_445],
    ['ft:gpt-4o-2024-08-06:acme::id', 1_445],
    ['o3', 1_275],
    ['gpt-5', 1_190],
    ['gpt-5-mini', 2_489],
    ['gpt-5.4-mini', 4_050],
    ['gpt-5.4', 12_000],
    ['gpt-5.6-terra', 36_000],
    ['claude-opus-4-8', 4_784],
    ['claude-opus-4-6', 1_640],
    ['claude-sonnet-4-20250514', 1_640],
    ['gemini-3.5-flash', 2_240],
    ['llama-at-home', 48_169],
  ])('counts on %s up to %d tokens', async (model, most) => {
    const { inputTokens } = await held(1000, undefined, { rateCard: { unknownModel: 'allow' } })
    const content = [{ type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } }]
    const body = { model, messages: [{ role: 'user', content }] }
    expect(await inputTokens('/v1/chat/completions', body)).toBe(most + JSON.stringify(body).length)
  })

  it('counts on a deployment what it does on the model that is served', async () => {
    const { inputTokens } = await held(1000, undefined, { rateCard: { deployments: { vision: 'gpt-4o-mini' } } })
    const content = [{ type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } }]
    const body = { model: 'vision', messages: [{ role: 'user', content }] }
    expect(await inputTokens('/v1/chat/completions', body)).toBeGreaterThan(48_169)
  })

  it('of a megabyte is sent on a budget that pays for it, by either SDK', async () => {
    const { openai, anthropic, asked } = await held(0.1)
    const url = `data:image/jpeg;base64,${DATA}`
    await openai.chat.completions.create({
      model: 'gpt-4o',
      max_completion_tokens: 100,
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    })
    await anthropic.messages.create({
      model: 'claude-sonnet-4-5',
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: DATA } }],
        },
      ],
    })
    expect(asked).toHaveLength(2)
  })

  it('is not given to a tokenizer of your own', async () => {
    const texts: string[] = []
    const countTokens = (text: string) => texts.push(text) && Math.ceil(text.length / 4)
    const { inputTokens } = await held(1000, undefined, { countTokens })
    for (const [model, path, part] of PICTURES) {
      const content = [{ type: 'text', text: 'Grüße 🙂 "/"' }, part]
      const body = {
        model,
        max_tokens: 9,
        [path === '/v1/responses' ? 'input' : 'messages']: [{ role: 'user', content }],
      }
      expect(await inputTokens(path, body)).toBeLessThan(MOST[model]! + 600)
    }
    expect(texts).toHaveLength(PICTURES.length)
    for (const text of texts) expect([text.length < 1000, text.includes('Grüße 🙂')]).toEqual([true, true])
  })

  it('that is text all the same is counted as text', async () => {
    const { inputTokens } = await held(1000, undefined, {})
    const picture = { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${base64(30_000)}` } }
    const text = { type: 'text', text: picture.image_url.url }
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: [picture, text] }] }
    expect(await inputTokens('/v1/chat/completions', body)).toBeGreaterThan(40_000 + 1445)
  })
})

describe('speech', () => {
  it.each([
    ['as OpenAI takes it', { format: 'wav', data: base64(480_000) }],
    ['as Mistral takes it', base64(480_000)],
  ])('counts by its length, and not as text, %s', async (_, input_audio) => {
    const { inputTokens } = await held(1000)
    const content = [{ type: 'input_audio', input_audio }]
    const tokens = await inputTokens('/v1/chat/completions', {
      model: 'gpt-audio',
      messages: [{ role: 'user', content }],
    })
    // Ten seconds of 24 kHz are 100 tokens; the smallest files have a fiftieth of their bytes.
    expect(tokens).toBeGreaterThan(100)
    expect(tokens).toBeLessThan(6000)
  })
})

describe('no input is held above the context of its model', () => {
  it('however long the text', async () => {
    const { inputTokens } = await held(1000)
    const body = (model: string) => ({ model, messages: [{ role: 'user', content: 'x'.repeat(2_000_000) }] })
    expect(await inputTokens('/v1/chat/completions', body('gpt-4o'))).toBe(GPT_4O_CONTEXT)
    expect(await inputTokens('/v1/chat/completions', body('gpt-5-mini'))).toBe(400_000)
    expect(await inputTokens('/v1/chat/completions', body('gpt-4.1'))).toBeGreaterThan(1_000_000)
  })

  it('with embeddings for each of their inputs', async () => {
    const { inputTokens } = await held(1000)
    const input = Array(20).fill('x'.repeat(5000))
    const model = 'text-embedding-3-small'
    expect(await inputTokens('/v1/embeddings', { model, input })).toBeGreaterThan(100_000)
    expect(await inputTokens('/v1/embeddings', { model, input: 'x'.repeat(50_000) })).toBe(8192)
    expect(await inputTokens('/v1/embeddings', { model, input: Array(9000).fill(100) })).toBe(8192)
  })

  it('nor below what a downshift or another target counts', async () => {
    const document = { type: 'input_file', file_id: 'file-1' }
    const body = { model: 'gpt-4o', input: [{ role: 'user', content: [document] }], max_output_tokens: 100 }
    // 400,000 tokens of gpt-5-nano are $0.02; the 128,000 of gpt-4o's context would be $0.0064 of them.
    const budget = { downshift: { to: { 'gpt-4o': 'gpt-5-nano' } } }
    const answer = ({ body: { model } }: Asked) => ({ ...answerOf(390_000), model })
    const poor = await held(0.015, answer, { budget })
    expect((await poor.post('/v1/responses', body)).status).toBe(402)
    const richer = await held(0.03, answer, { budget })
    expect((await richer.post('/v1/responses', body)).status).toBe(200)
    expect(richer.asked[0]!.body['model']).toBe('gpt-5-nano')
    expect(await richer.spentUsd()).toBeLessThanOrEqual(0.03)
  })
})

describe('a request of an undocumented shape', () => {
  const TYPES = ['image', 'image_url', 'document', 'file', 'input_file', 'input_audio', 'item_reference', 'shell', 'x']
  const NAMES = ['type', 'id', 'source', 'file', 'url', 'data', 'image_url', 'input_audio', 'content', 'environment']
  const leaf = fc.oneof(fc.constantFrom<unknown>(...TYPES, null, 7, true, '', 'data:,x'), fc.string())
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 4 }),
    ),
  }))
  const FIELDS = [
    'input',
    'tools',
    'prompt',
    'conversation',
    'previous_response_id',
    'system',
    'mcp_servers',
    'container',
  ]
  const bodies = fc.record(Object.fromEntries(FIELDS.map((field) => [field, value])))

  it('is held, sent as it came, and breaks nothing', async () => {
    const { post, calls, asked } = await held(1000)
    for (const [body, messages] of fc.sample(fc.tuple(bodies, fc.array(value)), sized({ test: 150, soak: 5_000 }))) {
      for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/responses', '/v1/embeddings']) {
        const sent = {
          ...body,
          input: body['input'] ?? 'x',
          model: 'gpt-4o',
          messages,
          max_tokens: 9,
          max_output_tokens: 9,
        }
        expect((await post(path, sent)).status).toBe(200)
        expect(asked.at(-1)!.body).toEqual(JSON.parse(JSON.stringify(sent)))
        expect(calls).toHaveLength(asked.length)
        expect(calls.at(-1)!.inputTokens).toBeGreaterThan(0)
      }
    }
  })
})

describe('the context of a model', () => {
  it.each([
    ['gpt-4o', 128_000],
    ['gpt-4o-2024-08-06', 128_000],
    ['gpt-5.4-mini', 400_000],
    ['claude-sonnet-4-5', 200_000],
    ['gpt-4.1', 1_047_576],
    ['gpt-5.5', 1_050_000],
    ['gemini-2.5-pro', 1_048_576],
    ['nobody-knows', 1_050_000],
    ['unnamed', 1_050_000],
  ])('%s is %d tokens', (model, tokens) => {
    expect(rateCard.contextTokens(model)).toBe(tokens)
  })

  it('is that of the model that a deployment serves, or what you say', () => {
    const overrides = { long: { inputUsdPerMillion: 1, outputUsdPerMillion: 1, contextTokens: 32_000 } }
    const card = createRateCard({ overrides, deployments: { prod: 'gpt-4o', mine: 'long' } })
    expect(['prod', 'long', 'mine'].map((name) => card.contextTokens(name))).toEqual([128_000, 32_000, 32_000])
    expect(['prod', 'gpt-5'].map((name) => card.modelOf(name))).toEqual(['gpt-4o', 'gpt-5'])
  })

  it.each([0, -1, 1.5, '128000'])('cannot be %j', (contextTokens) => {
    const overrides = { a: { inputUsdPerMillion: 1, outputUsdPerMillion: 1, contextTokens: contextTokens as number } }
    expect(() => createRateCard({ overrides })).toThrow(/contextTokens/)
  })
})
