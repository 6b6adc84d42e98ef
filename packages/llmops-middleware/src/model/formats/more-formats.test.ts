import { createGateway } from '@ai-sdk/gateway'
import { ApiError, GoogleGenAI } from '@google/genai'
import { generateText, streamText } from 'ai'
import OpenAI, { AzureOpenAI } from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Asked, answeringServer } from '../../../test/support/answering-server.ts'
import { HTTPClient, Mistral } from '../../../test/support/mistral-sdk.mjs'
import { type BudgetOptions, createLlmOps, isBudgetExceeded } from '../../index.ts'

type Budget = Omit<BudgetOptions, 'rateCard'>

async function governed(answer: (asked: Asked) => object, budget: Budget = { limitUsd: 1 }) {
  const { url, asked } = await answeringServer(answer)
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { waitForHoldsMs: 0, ...budget } })
  onTestFinished(() => ops.close())
  const spentUsd = async () => {
    await ops.budget.drain()
    const { spentUsd, heldUsd } = await ops.budget.read('contoso')
    expect(heldUsd).toBe(0)
    return spentUsd
  }
  return { ops, url, asked, spentUsd }
}

describe('compaction of responses', () => {
  const answer = () => ({
    id: 'cmp_1',
    object: 'response.compaction',
    output: [],
    usage: { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 },
  })

  it('is held, sent as it is and charged what it used', async () => {
    const { ops, url, asked, spentUsd } = await governed(answer, { limitUsd: 1, defaultMaxOutputTokens: 50 })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    await openai.responses.compact({ model: 'gpt-4.1-mini', input: 'A long conversation' })
    expect(asked[0]!.body).toEqual({ model: 'gpt-4.1-mini', input: 'A long conversation' })
    // $0.40 and $1.60 a million tokens.
    expect(await spentUsd()).toBeCloseTo(1000 * 0.4e-6 + 100 * 1.6e-6, 12)
  })

  it('is refused where its longest answer does not fit: no cap could be written', async () => {
    // 32,768 tokens of output are $0.0524.
    const { ops, url, asked } = await governed(answer, { limitUsd: 0.05 })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const call = openai.responses.compact({ model: 'gpt-4.1-mini', input: 'A long conversation' })
    await expect(call).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
    expect(asked).toEqual([])
  })

  it('goes to a target of a route, on the cheaper model too', async () => {
    const { url, asked } = await answeringServer(answer)
    const targets = [{ name: 'a', model: 'gpt-4.1', baseUrl: `${url}/openai/v1` }]
    const downshift = { at: 1e-9, to: { 'gpt-4.1': 'gpt-4.1-mini' } }
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1, downshift }, route: { targets } })
    await ops.budget.charge({ tenant: 'contoso', usd: 0.1, reason: 'before' })
    const openai = new OpenAI({ baseURL: 'http://127.0.0.1:1/v1', apiKey: 'any', fetch: ops.fetch })
    await openai.responses.compact({ model: 'gpt-4.1', input: 'A long conversation' })
    expect(asked).toMatchObject([{ path: '/openai/v1/responses/compact', body: { model: 'gpt-4.1-mini' } }])
    await ops.close()
  })
})

describe('completions of a prompt', () => {
  const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }
  const choice = { index: 0, text: 'Hello', finish_reason: 'stop', logprobs: null }
  const whole = () => ({
    id: 'x',
    object: 'text_completion',
    created: 1,
    model: 'gpt-3.5-turbo-instruct',
    choices: [choice],
    usage,
  })
  // $1.50 and $2 a million tokens.
  const COST = 5 * 1.5e-6 + 7 * 2e-6

  it('are charged, whole and streamed, and a stream is asked for its usage', async () => {
    const { ops, url, asked, spentUsd } = await governed(({ body }) =>
      body['stream'] === true
        ? [
            { ...whole(), usage: undefined, choices: [{ ...choice, text: 'Hel', finish_reason: null }] },
            { ...whole(), usage: undefined, choices: [{ ...choice, text: 'lo' }] },
            { ...whole(), choices: [] },
            '[DONE]',
          ]
        : whole(),
    )
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const request = { model: 'gpt-3.5-turbo-instruct', prompt: 'Hi', max_tokens: 50 }
    expect((await openai.completions.create(request)).choices[0]!.text).toBe('Hello')
    let text = ''
    for await (const chunk of await openai.completions.create({ ...request, stream: true })) {
      text += chunk.choices[0]?.text ?? ''
    }
    expect(text).toBe('Hello')
    expect(asked.map(({ body }) => body)).toEqual([
      request,
      { ...request, stream: true, stream_options: { include_usage: true } },
    ])
    expect(await spentUsd()).toBeCloseTo(2 * COST, 12)
  })

  it('are of a deployment of Azure', async () => {
    const { ops, url, asked, spentUsd } = await governed(whole)
    const azure = new AzureOpenAI({ endpoint: url, apiKey: 'any', apiVersion: '2024-10-21', fetch: ops.fetch })
    await azure.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Hi', max_tokens: 9 })
    expect(asked[0]!.path).toContain('/deployments/gpt-3.5-turbo-instruct/completions')
    expect(await spentUsd()).toBeCloseTo(COST, 12)
  })

  it.each([
    // $2 a million tokens of output; a byte of the body is a token of input at most.
    [{ prompt: 'Hi', max_tokens: 1000 }, 1000],
    [{ prompt: ['a', 'b'], max_tokens: 1000 }, 2000],
    [{ prompt: [1, 2, 3], max_tokens: 1000 }, 1000],
    [{ prompt: [[1], [2], [3]], max_tokens: 1000, n: 2 }, 6000],
    [{ prompt: 'Hi', max_tokens: 1000, best_of: 5 }, 5000],
    [{ prompt: 'Hi', max_tokens: 0, echo: true }, 0],
  ])('hold each of their answers: %j', async (words, tokens) => {
    const { ops, url } = await governed(whole, { limitUsd: 0 })
    const body = JSON.stringify({ model: 'gpt-3.5-turbo-instruct', ...words })
    const response = await ops.fetch(`${url}/v1/completions`, { method: 'POST', body })
    const { error } = (await response.json()) as { error: { needed_usd: number } }
    // The least that they could be held for: 64 tokens, and one for each answer.
    expect(response.status).toBe(402)
    expect(error.needed_usd).toBeLessThan(200 * 1.5e-6 + Math.min(tokens, 100) * 2e-6)
    const enough = await governed(whole, { limitUsd: 200 * 1.5e-6 + tokens * 2e-6 + 1e-6 })
    const uncut = await enough.ops.fetch(`${enough.url}/v1/completions`, { method: 'POST', body })
    expect(uncut.headers.has('x-llmops-max-output-tokens')).toBe(false)
    if (tokens === 0) return
    const less = await governed(whole, { limitUsd: tokens * 2e-6 })
    await less.ops.fetch(`${less.url}/v1/completions`, { method: 'POST', body })
    const cut = Number(less.asked[0]!.body['max_tokens'])
    expect(cut).toBeLessThan(1000)
    expect(cut).toBeGreaterThan(0)
  })

  it("are Mistral's between two texts", async () => {
    const message = { role: 'assistant', content: 'return 1' }
    const answer = { id: 'x', object: 'chat.completion', created: 1, model: 'codestral-latest' }
    const { ops, url, asked, spentUsd } = await governed(() => ({
      ...answer,
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    }))
    const sdk = new Mistral({ apiKey: 'any', serverURL: url, httpClient: new HTTPClient({ fetcher: ops.fetch }) })
    await sdk.fim.complete({ model: 'codestral-latest', prompt: 'def f():', suffix: 'f()' })
    expect(asked[0]!.path).toBe('/v1/fim/completions')
    expect(await spentUsd()).toBeGreaterThan(0)
  })
})

describe("Gemini's own API", () => {
  const part = (text: string, more: object = {}) => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...more }],
    modelVersion: 'gemini-2.5-flash',
  })
  const usageMetadata = {
    promptTokenCount: 1000,
    cachedContentTokenCount: 400,
    candidatesTokenCount: 50,
    thoughtsTokenCount: 150,
    totalTokenCount: 1200,
  }
  const whole = () => ({ ...part('Hello', { finishReason: 'STOP' }), usageMetadata })
  // $0.30 and $2.50 a million tokens, $0.03 of what is read from the cache.
  const COST = 600 * 0.3e-6 + 400 * 0.03e-6 + 200 * 2.5e-6

  /** Its SDK takes no `fetch`: whoever governs it makes the governed one global. */
  function clientOf(fetch: typeof globalThis.fetch, baseUrl: string, options: object = {}) {
    const native = globalThis.fetch
    globalThis.fetch = fetch
    onTestFinished(() => {
      globalThis.fetch = native
    })
    return new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl }, ...options })
  }

  it('is charged by its SDK what it used, whole and streamed', async () => {
    const { ops, url, asked, spentUsd } = await governed(({ path }) =>
      path.includes('stream')
        ? [
            { ...part('Hel'), usageMetadata: { promptTokenCount: 1000, totalTokenCount: 1000 } },
            { ...part('lo', { finishReason: 'STOP' }), usageMetadata },
          ]
        : whole(),
    )
    const { models } = clientOf(ops.fetch, url)
    const request = { model: 'gemini-2.5-flash', contents: 'Hi', config: { maxOutputTokens: 900 } }
    expect((await models.generateContent(request)).text).toBe('Hello')
    let text = ''
    for await (const chunk of await models.generateContentStream(request)) text += chunk.text
    expect(text).toBe('Hello')
    expect(asked.map(({ path }) => path)).toEqual([
      '/v1/models/gemini-2.5-flash:generateContent',
      '/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    ])
    for (const { body } of asked) expect(body['generationConfig']).toEqual({ maxOutputTokens: 900 })
    expect(await spentUsd()).toBeCloseTo(2 * COST, 12)
  })

  it('is refused in a shape that its SDK raises, with the facts of the budget', async () => {
    const { ops, url, asked } = await governed(whole, { limitUsd: 0 })
    const { models } = clientOf(ops.fetch, url)
    const error = await models.generateContent({ model: 'gemini-2.5-flash', contents: 'Hi' }).catch((error) => error)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 402, message: expect.stringContaining('budget_exceeded') })
    expect(isBudgetExceeded(error)).toBe(true)
    expect(asked).toEqual([])
  })

  it('is clamped, and asked for the cheaper model by its path', async () => {
    const { ops, url, asked } = await governed(whole, { limitUsd: 0.002 })
    const { models } = clientOf(ops.fetch, url)
    const config = { maxOutputTokens: 9000, temperature: 0.5 }
    await models.generateContent({ model: 'gemini-2.5-flash', contents: 'Hi', config })
    const sent = asked[0]!.body['generationConfig'] as { maxOutputTokens: number }
    expect(sent).toMatchObject({ temperature: 0.5 })
    expect(sent.maxOutputTokens).toBeLessThan(900)

    const downshift = { at: 1e-9, to: { 'gemini-2.5-pro': 'gemini-2.5-flash' } }
    const cheaper = await governed(whole, { limitUsd: 1, downshift })
    await cheaper.ops.budget.charge({ tenant: 'contoso', usd: 0.1, reason: 'before' })
    const pro = clientOf(cheaper.ops.fetch, cheaper.url)
    await pro.models.generateContent({ model: 'gemini-2.5-pro', contents: 'Hi', config })
    expect(cheaper.asked[0]!.path).toBe('/v1/models/gemini-2.5-flash:generateContent')
  })

  it('goes to a target of a route', async () => {
    const { url, asked } = await answeringServer(whole)
    const targets = [{ name: 'a', model: 'gemini-2.5-flash', baseUrl: `${url}/proxy/v1beta` }]
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 }, route: { targets } })
    const { models } = clientOf(ops.fetch, 'http://127.0.0.1:1')
    await models.generateContent({ model: 'gemini-2.5-flash', contents: 'Hi' })
    expect(asked[0]!.path).toBe('/proxy/v1beta/models/gemini-2.5-flash:generateContent')
    await ops.close()
  })

  it.each([
    ['/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent'],
    ['/v1beta1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent'],
    ['/v1beta/tunedModels/gemini-2.5-flash:generateContent'],
  ])('is the same on Vertex, at %s', async (path) => {
    const { ops, url, spentUsd } = await governed(whole)
    const body = JSON.stringify({
      contents: [{ parts: [{ text: 'Hi' }] }],
      generation_config: { max_output_tokens: 9 },
    })
    expect((await ops.fetch(`${url}${path}`, { method: 'POST', body })).status).toBe(200)
    expect(await spentUsd()).toBeCloseTo(COST, 12)
  })

  const contents = [{ parts: [{ text: 'Hi' }] }]
  const held = async (request: object, path = 'generateContent') => {
    const { ops, url } = await governed(whole, { limitUsd: 0 })
    const body = JSON.stringify({ contents, generationConfig: { maxOutputTokens: 100 }, ...request })
    const target = `${url}/v1beta/models/gemini-2.5-flash:${path}`
    const response = await ops.fetch(target, { method: 'POST', body })
    const { error } = (await response.json()) as { error: { needed_usd: number } }
    return { status: response.status, neededUsd: error.needed_usd }
  }
  const CONTEXT_USD = 1_048_576 * 0.3e-6
  const image = { mimeType: 'image/png', data: 'A'.repeat(400_000) }

  it.each([
    ['a search', { tools: [{ googleSearch: {} }] }, true],
    ['code that runs there', { tools: [{ code_execution: {} }] }, true],
    ['a function of its own', { tools: [{ functionDeclarations: [{ name: 'a' }] }] }, false],
    ['cached content', { cachedContent: 'cachedContents/1' }, true],
    ['a file', { contents: [{ parts: [{ fileData: { fileUri: 'https://a/files/1' } }] }] }, true],
    ['a document', { contents: [{ parts: [{ inlineData: { mimeType: 'application/pdf', data: 'AA' } }] }] }, true],
    ['sound', { contents: [{ parts: [{ inline_data: { mime_type: 'audio/mp3', data: 'AA' } }] }] }, true],
    ['a picture', { contents: [{ parts: [{ inlineData: image }] }] }, false],
    [
      'a picture of a tool',
      { contents: [{ parts: [{ functionResponse: { parts: [{ inlineData: image }] } }] }] },
      false,
    ],
    ['text', {}, false],
  ])('holds for %s what it can be: the context, %s', async (_, request, isContext) => {
    const { status, neededUsd } = await held(request)
    expect(status).toBe(402)
    if (isContext) expect(neededUsd).toBeGreaterThanOrEqual(CONTEXT_USD)
    // Not the base64 of the picture.
    else expect(neededUsd).toBeLessThan(60_000 * 0.3e-6)
  })

  it('leaves room for a budget of thinking, in both spellings', async () => {
    const { neededUsd } = await held({
      generationConfig: { maxOutputTokens: 9000, thinkingConfig: { thinkingBudget: 8000 } },
    })
    expect(neededUsd).toBeGreaterThan(8064 * 2.5e-6)
    const snake = { generation_config: { max_output_tokens: 9000, thinking_config: { thinking_budget: 8000 } } }
    expect((await held({ generationConfig: undefined, ...snake })).neededUsd).toBeGreaterThan(8064 * 2.5e-6)
  })

  it('is refused as a stream that is no stream of events, where such requests are', async () => {
    const { ops, url } = await governed(whole)
    const refusing = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 }, unknownEndpoints: 'refuse' })
    const path = `${url}/v1beta/models/gemini-2.5-flash:streamGenerateContent`
    const body = JSON.stringify({ contents })
    expect((await refusing.fetch(path, { method: 'POST', body })).status).toBe(400)
    await refusing.close()
    expect((await ops.fetch(path, { method: 'POST', body })).status).toBe(200)
  })

  it.each([
    ['is a cut', [part('Hel')], false],
    ['is whole with its reason', [part('Hel'), part('lo', { finishReason: 'STOP' })], true],
    ['is whole with the word that the prompt is blocked', [{ promptFeedback: { blockReason: 'SAFETY' } }], true],
  ])('as a stream that ends %s', async (_, events, isWhole) => {
    const { ops, url } = await governed(() => events)
    const { models } = clientOf(ops.fetch, url)
    const read = async () => {
      for await (const _ of await models.generateContentStream({ model: 'gemini-2.5-flash', contents: 'Hi' }));
    }
    if (isWhole) await read()
    else await expect(read()).rejects.toMatchObject({ code: 'stream_broken' })
  })

  it('counts searches, by the answer before Gemini 3 and by the search since', async () => {
    const groundingMetadata = { webSearchQueries: ['a', 'b', 'c'] }
    const answerOf = (modelVersion: string) => ({
      ...part('Hello', { finishReason: 'STOP', groundingMetadata }),
      usageMetadata: {
        promptTokenCount: 1,
        candidatesTokenCount: 1,
        toolUsePromptTokenCount: 1000,
        totalTokenCount: 1002,
      },
      modelVersion,
    })
    const spentOn = async (model: string) => {
      const { ops, url, spentUsd } = await governed(() => answerOf(model), { limitUsd: 9 })
      const body = JSON.stringify({ contents, tools: [{ googleSearch: {} }] })
      await ops.fetch(`${url}/v1beta/models/${model}:generateContent`, { method: 'POST', body })
      return spentUsd()
    }
    const [before, since] = [await spentOn('gemini-2.5-flash'), await spentOn('gemini-3-flash-preview')]
    expect(before).toBeGreaterThan(1000 * 0.3e-6 + 0.009)
    expect(before).toBeLessThan(0.04)
    expect(since).toBeGreaterThan(2 * 0.009)
  })
})

describe("Vercel's AI Gateway", () => {
  const usage = {
    inputTokens: { total: 1000, noCache: 600, cacheRead: 400, cacheWrite: 0 },
    outputTokens: { total: 50, text: 50, reasoning: 0 },
  }
  const finishReason = { unified: 'stop', raw: 'stop' }
  const whole = () => ({ content: [{ type: 'text', text: 'Hello' }], finishReason, usage, warnings: [] })
  const events = [
    { type: 'stream-start', warnings: [] },
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: 'Hel' },
    { type: 'text-delta', id: '1', delta: 'lo' },
    { type: 'text-end', id: '1' },
    { type: 'finish', finishReason, usage },
  ]
  // gpt-4o-mini: $0.15 and $0.60 a million tokens, $0.075 of what is read from the cache.
  const COST = 600 * 0.15e-6 + 400 * 0.075e-6 + 50 * 0.6e-6
  const isStream = ({ headers }: Asked) => headers['ai-language-model-streaming'] === 'true'
  const modelAt = (url: string, fetch: typeof globalThis.fetch, model = 'openai/gpt-4o-mini') =>
    createGateway({ baseURL: `${url}/v4/ai`, apiKey: 'any', fetch })(model)

  it('is charged by the AI SDK what it used, whole and streamed', async () => {
    const { ops, url, asked, spentUsd } = await governed((asked) => (isStream(asked) ? events : whole()))
    const model = modelAt(url, ops.fetch)
    expect((await generateText({ model, prompt: 'Hi', maxOutputTokens: 90 })).text).toBe('Hello')
    expect(await streamText({ model, prompt: 'Hi' }).text).toBe('Hello')
    expect(asked.map(({ path }) => path)).toEqual(['/v4/ai/language-model', '/v4/ai/language-model'])
    expect(await spentUsd()).toBeCloseTo(2 * COST, 12)
  })

  it('is refused, clamped, and asked for the cheaper model by its header', async () => {
    const broke = await governed(whole, { limitUsd: 0 })
    const call = generateText({ model: modelAt(broke.url, broke.ops.fetch), prompt: 'Hi', maxRetries: 0 })
    expect(
      isBudgetExceeded(
        await call.then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    ).toBe(true)
    expect(broke.asked).toEqual([])

    const tight = await governed(whole, { limitUsd: 0.001 })
    await generateText({ model: modelAt(tight.url, tight.ops.fetch), prompt: 'Hi', maxOutputTokens: 9000 })
    expect(tight.asked[0]!.body['maxOutputTokens']).toBeLessThan(1700)

    const downshift = { at: 1e-9, to: { 'openai/gpt-4o': 'openai/gpt-4o-mini' } }
    const cheaper = await governed(whole, { limitUsd: 1, downshift })
    await cheaper.ops.budget.charge({ tenant: 'contoso', usd: 0.1, reason: 'before' })
    await generateText({ model: modelAt(cheaper.url, cheaper.ops.fetch, 'openai/gpt-4o'), prompt: 'Hi' })
    expect(cheaper.asked[0]!.headers['ai-language-model-id']).toBe('openai/gpt-4o-mini')
    expect(cheaper.asked[0]!.headers['authorization']).toBe('Bearer any')
  })

  it.each([
    ['a picture', { type: 'file', mediaType: 'image/png', data: 'A'.repeat(400_000) }, false],
    [
      'a picture in an object',
      { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'A'.repeat(400_000) } },
      false,
    ],
    ['a document', { type: 'file', mediaType: 'application/pdf', data: 'AA' }, true],
  ])('holds for %s what it can be', async (_, part, isContext) => {
    const { ops, url } = await governed(whole, { limitUsd: 0 })
    const headers = { 'ai-language-model-id': 'openai/gpt-4o-mini', 'ai-language-model-streaming': 'false' }
    const body = JSON.stringify({ prompt: [{ role: 'user', content: [part] }], maxOutputTokens: 10 })
    const response = await ops.fetch(`${url}/v4/ai/language-model`, { method: 'POST', headers, body })
    const { error } = (await response.json()) as { error: { needed_usd: number } }
    if (isContext) expect(error.needed_usd).toBeGreaterThanOrEqual(128_000 * 0.15e-6)
    else expect(error.needed_usd).toBeLessThan(60_000 * 0.15e-6)
  })

  it('breaks a stream that does not finish', async () => {
    const { ops, url } = await governed(() => events.slice(0, 3))
    const result = streamText({ model: modelAt(url, ops.fetch), prompt: 'Hi', onError: () => {} })
    const read = async () => {
      for await (const _ of result.fullStream);
    }
    await expect(read()).rejects.toMatchObject({ cause: { code: 'stream_broken' } })
  })
})
