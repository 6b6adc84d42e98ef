import { describe, expect, it } from 'vitest'
import { createLlmOps, type LlmOpsOptions } from '../index.ts'

const CHAT = 'https://api.openai.com/v1/chat/completions'
const RESPONSES = 'https://api.openai.com/v1/responses'
const MESSAGES = 'https://api.anthropic.com/v1/messages'
const GEMINI = (model: string) => `https://generativelanguage.googleapis.com/v1beta/models/${model}:generateContent`

type Asked = { readonly url: string; readonly body: Record<string, unknown> }

type Provided = {
  /** The body of the answer, or the events of a stream of it. */
  readonly answer: object | readonly object[]
  readonly headers?: Record<string, string>
  readonly limitUsd?: number
  readonly options?: Omit<LlmOpsOptions, 'budget' | 'breaker'>
}

/** One call, what was held while it ran, and what it counted when it had ended. */
async function call(url: string, body: object, { answer, headers, limitUsd = 100, options }: Provided) {
  const events = Array.isArray(answer) ? (answer as readonly { type?: string }[]) : undefined
  const asked: Asked[] = []
  let heldUsd = 0
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd, waitForHoldsMs: 0 },
    ...options,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      asked.push({ url: request.url, body: JSON.parse(await request.text()) })
      heldUsd = (await ops.budget.read('contoso')).heldUsd
      if (!events) return Response.json(answer, { headers: headers ?? {} })
      const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
      return new Response(text, { headers: { 'content-type': 'text/event-stream', ...headers } })
    },
  })
  const response = await ops.fetch(url, { method: 'POST', body: JSON.stringify(body) })
  const said = await response.text()
  await ops.close()
  const { spentUsd, unknownUsd } = await ops.budget.read('contoso')
  return { status: response.status, said, asked, heldUsd, spentUsd, unknownUsd }
}

const messages = [{ role: 'user', content: 'Hello' }]
const chat = (model: string, usage: object, content = 'Hi, what can I do for you?') => ({
  model,
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage,
})
const few = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 }
/** $0.0024 of gpt-4.1. */
const response = (more: object) => ({
  id: 'resp_1',
  model: 'gpt-4.1',
  status: 'completed',
  output: [],
  usage: { input_tokens: 1000, output_tokens: 50, total_tokens: 1050 },
  ...more,
})
const asking = (more: object) => ({ model: 'gpt-4.1', input: 'Hello', max_output_tokens: 100, ...more })
const pictureUsage = (more: object = {}) => ({
  image_gen: {
    input_tokens: 250,
    input_tokens_details: { image_tokens: 200, text_tokens: 50 },
    output_tokens: 4160,
    total_tokens: 4410,
    ...more,
  },
  web_search: { num_requests: 0 },
})

describe('pictures that a hosted tool of a response makes', () => {
  // $5 a million of text, $10 of pictures read, $40 of pictures made.
  const onImage1 = 0.0024 + 50 * 5e-6 + 200 * 10e-6 + 4160 * 40e-6

  it.each<[string, object, object, number]>([
    ['of the model that the tool has by itself', {}, {}, onImage1],
    [
      'of the model that the tool names',
      { model: 'gpt-image-1-mini' },
      {},
      0.0024 + 50 * 2e-6 + 200 * 2.5e-6 + 4160 * 8e-6,
    ],
    ['of a model that nobody knows, as of the dearest', { model: 'gpt-image-9-moon' }, {}, onImage1],
  ])('cost what their model does: %s', async (_, tool, usage, usd) => {
    const tools = [{ type: 'image_generation', ...tool }]
    const answer = response({ tools, tool_usage: pictureUsage(usage) })
    expect((await call(RESPONSES, asking({ tools }), { answer })).spentUsd).toBeCloseTo(usd, 9)
    const events = [{ type: 'response.completed', response: answer }]
    const streamed = await call(RESPONSES, asking({ tools, stream: true }), { answer: events })
    expect(streamed.spentUsd).toBeCloseTo(usd, 9)
  })

  it.each<[string, object, number]>([
    ['a square one', { quality: 'low', size: '1024x1024' }, 272],
    ['a long one', { quality: 'medium', size: '1024x1536' }, 1584],
    ['one of which it is not said how large it is', {}, 6240],
  ])('are counted as documented if the server reports no usage of them: %s', async (_, shown, tokens) => {
    const picture = { type: 'image_generation_call', result: 'iVBORw0KGgo=', ...shown }
    const answer = response({ output: [picture] })
    const tools = [{ type: 'image_generation' }]
    expect((await call(RESPONSES, asking({ tools }), { answer })).spentUsd).toBeCloseTo(0.0024 + tokens * 40e-6, 9)
  })

  it('are held with the call, one for each tool, and cost nothing where none was made', async () => {
    const answer = response({ tool_usage: { image_gen: { input_tokens: 0, output_tokens: 0 } } })
    const { heldUsd: without } = await call(RESPONSES, asking({ tools: [{ type: 'web_fetch' }] }), { answer })
    const { heldUsd, spentUsd } = await call(RESPONSES, asking({ tools: [{ type: 'image_generation' }] }), { answer })
    expect(heldUsd - without).toBeCloseTo(0.3, 9)
    expect(spentUsd).toBeCloseTo(0.0024, 9)
  })
})

describe('searches', () => {
  it('of one call of the tool count as often as the provider bills them', async () => {
    const answer = response({
      output: [{ type: 'web_search_call', action: { type: 'search', queries: ['a', 'b', 'c'] } }],
      tool_usage: { web_search: { num_requests: 3 } },
    })
    const { spentUsd } = await call(RESPONSES, asking({ tools: [{ type: 'web_search' }] }), { answer })
    expect(spentUsd).toBeCloseTo(0.0024 + 0.03, 9)
  })

  it.each([
    ['gpt-4.1', 0.0024 + 0.025],
    ['gpt-5', 1000 * 1.25e-6 + 50 * 10e-6 + 0.01],
  ])('of the preview tool cost what they do for the model: %s', async (model, usd) => {
    const answer = response({ model, output: [{ type: 'web_search_call', action: { type: 'search' } }] })
    const tools = [{ type: 'web_search_preview', search_context_size: 'low' }]
    const { heldUsd, spentUsd } = await call(RESPONSES, asking({ model, tools }), { answer })
    expect(spentUsd).toBeCloseTo(usd, 9)
    expect(heldUsd).toBeGreaterThan(spentUsd)
  })

  it('of chat models that search for each answer are in the price of the call', async () => {
    const model = 'gpt-4o-search-preview'
    const { heldUsd, spentUsd } = await call(CHAT, { model, messages, max_tokens: 20 }, { answer: chat(model, few) })
    expect(spentUsd).toBeCloseTo(0.000225 + 0.025, 9)
    expect(heldUsd).toBeGreaterThan(spentUsd)
  })

  it.each([
    ['gemini-2.5-pro', ['a', 'b'], 0.035],
    ['gemini-3-pro-preview', ['a', 'b', 'a', ''], 2 * 0.014],
    ['gemini-3-pro-preview', [], 0],
  ])('with Google cost by the answer, and since Gemini 3 by the search: %s %j', async (model, queries, usd) => {
    const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 }
    const content = { role: 'model', parts: [{ text: 'Hi' }] }
    const answer = (webSearchQueries?: readonly string[]) => ({
      candidates: [{ content, finishReason: 'STOP', groundingMetadata: { webSearchQueries } }],
      usageMetadata,
      modelVersion: model,
    })
    const body = {
      contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
      generationConfig: { maxOutputTokens: 100 },
      tools: [{ google_search: {} }],
    }
    const plain = await call(GEMINI(model), body, { answer: answer() })
    const searched = await call(GEMINI(model), body, { answer: answer(queries) })
    expect(searched.spentUsd - plain.spentUsd).toBeCloseTo(usd, 9)
  })
})

describe('a usage that counts no input', () => {
  const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
  const stream = (usage: object) => [
    { model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Hi, what can I do for you?' } }] },
    { model: 'gpt-4o', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { model: 'gpt-4o', choices: [], usage },
  ]
  const text = 'Hi, what can I do for you?'
  const claude = { model: 'claude-sonnet-4-6', max_tokens: 100, messages }
  const counted = { input_tokens: 0, output_tokens: 0 }

  it.each<[string, string, object, object | object[]]>([
    ['chat completions', CHAT, { model: 'gpt-4o', messages, max_tokens: 200 }, chat('gpt-4o', zeros)],
    ['a stream of them', CHAT, { model: 'gpt-4o', messages, max_tokens: 200, stream: true }, stream(zeros)],
    ['Responses', RESPONSES, asking({}), response({ usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } })],
    ['Messages', MESSAGES, claude, { model: claude.model, content: [{ type: 'text', text }], usage: counted }],
    [
      'a stream of Messages',
      MESSAGES,
      { ...claude, stream: true },
      [
        { type: 'message_start', message: { model: claude.model, usage: counted } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: counted },
        { type: 'message_stop' },
      ],
    ],
    [
      'embeddings',
      'https://api.openai.com/v1/embeddings',
      { model: 'text-embedding-3-small', input: 'Hello, how are you today?' },
      { model: 'text-embedding-3-small', data: [{ embedding: [1] }], usage: { prompt_tokens: 0, total_tokens: 0 } },
    ],
    [
      'Gemini',
      GEMINI('gemini-2.5-flash'),
      { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }], generationConfig: { maxOutputTokens: 100 } },
      {
        candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 },
      },
    ],
  ])('is none, so that the call is estimated and shown apart: %s', async (_, url, body, answer) => {
    const { heldUsd, spentUsd, unknownUsd } = await call(url, body, { answer })
    expect(spentUsd).toBeGreaterThan(0)
    expect(spentUsd).toBeLessThanOrEqual(heldUsd)
    expect(unknownUsd).toBe(spentUsd)
  })

  it('is one, as any usage, where a gateway answered from its memory', async () => {
    const body = { model: 'openai/gpt-4o', messages, max_tokens: 200 }
    for (const headers of [{ 'x-openrouter-cache-status': 'HIT' }, { 'x-portkey-cache-status': 'SEMANTIC HIT' }]) {
      const { spentUsd, unknownUsd } = await call(CHAT, body, { answer: chat('gpt-4o', few), headers })
      expect([spentUsd, unknownUsd]).toEqual([0, 0])
    }
    const missed = { 'x-portkey-cache-status': 'SEMANTIC MISS' }
    expect((await call(CHAT, body, { answer: chat('gpt-4o', few), headers: missed })).spentUsd).toBeCloseTo(0.000225, 9)
  })

  it('charges nothing beside an error in place of the answer', async () => {
    const answer = { model: 'gpt-4.1', status: 'failed', output: [], error: { code: 'server_error' } }
    const usage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 }
    expect((await call(RESPONSES, asking({}), { answer: { ...answer, usage } })).spentUsd).toBe(0)
  })
})

describe('a prediction', () => {
  it.each([
    ['a text', 'x '.repeat(400)],
    ['parts', [{ type: 'text', text: 'x '.repeat(400) }]],
  ])('is held as output beside the cap, for what is not accepted of it is billed so: %s', async (_, content) => {
    const usage = { prompt_tokens: 10, completion_tokens: 420, total_tokens: 430 }
    const body = { model: 'gpt-4o', messages, max_tokens: 20, prediction: { type: 'content', content } }
    const { heldUsd, spentUsd } = await call(CHAT, body, { answer: chat('gpt-4o', usage) })
    expect(spentUsd).toBeCloseTo(0.004225, 9)
    expect(heldUsd).toBeGreaterThan(spentUsd)
  })

  it('is refused where only the capped answer could be paid', async () => {
    const body = {
      model: 'gpt-4o',
      messages,
      max_tokens: 20,
      prediction: { type: 'content', content: 'x '.repeat(4000) },
    }
    const { status, asked } = await call(CHAT, body, { answer: chat('gpt-4o', few), limitUsd: 0.03 })
    expect([status, asked]).toEqual([402, []])
  })
})

describe('a cap', () => {
  it('that is a text is replaced where one is written, not left beside it', async () => {
    const body = { model: 'gpt-4o', messages, max_tokens: '10000' }
    const { asked } = await call(CHAT, body, { answer: chat('gpt-4o', few), limitUsd: 0.02 })
    expect(asked[0]?.body['max_tokens']).toBeTypeOf('number')
    expect(asked[0]?.body).not.toHaveProperty('max_completion_tokens')
  })

  it.each([{ max_tokens: 1e300 }, { max_tokens: 100, n: 1e12 }, { max_tokens: 1e15, n: 3 }])(
    'that no ledger can count is cut or refused like any that does not fit: %j',
    async (caps) => {
      const body = { model: 'gpt-4o', messages, ...caps }
      const { status, said, spentUsd } = await call(CHAT, body, { answer: chat('gpt-4o', few), limitUsd: 0.02 })
      expect([200, 402], said).toContain(status)
      expect(spentUsd).toBeLessThanOrEqual(0.02)
    },
  )
})

describe('a path that is written in another way', () => {
  it.each([
    '/v1/%63hat/completions',
    '/v1/chat//completions',
    '/v1/Chat/Completions',
    '/v1/chat/completions/',
    '/OpenAI/Deployments/gpt-4o/Chat/Completions',
  ])('is held and charged: %s', async (path) => {
    // Of Azure's older paths the deployment says the model.
    const body = { ...(path.includes('Deployments') ? {} : { model: 'gpt-4o' }), messages, max_tokens: 20 }
    const host = path.startsWith('/OpenAI') ? 'https://contoso.openai.azure.com' : 'https://api.openai.com'
    const { heldUsd, spentUsd } = await call(`${host}${path}`, body, { answer: chat('gpt-4o', few) })
    expect(heldUsd).toBeGreaterThan(0)
    expect(spentUsd).toBeCloseTo(0.000225, 9)
  })
})
