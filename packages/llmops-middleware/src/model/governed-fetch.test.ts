import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRateCard } from '../pricing/index.ts'
import { createTaskRunner } from '../task.ts'
import {
  type Completion,
  createGovernedFetch,
  type GovernedFetchOptions,
  type ModelCall,
  StreamBrokenError,
} from './index.ts'

let endpoint: ModelEndpoint
beforeEach(async () => {
  endpoint = await startModelEndpoint()
})
afterEach(() => endpoint.close())

/** A governed client, and what its layer saw. */
function governed(over: Partial<GovernedFetchOptions> = {}) {
  const calls: ModelCall[] = []
  const completions: Completion[] = []
  const ungoverned: string[] = []
  const { fetch, fetchAs, drain } = createGovernedFetch({
    rateCard: createRateCard(),
    defaultTenant: 'contoso',
    ungoverned: ({ path }) => ungoverned.push(path),
    layers: [
      async (call, next) => {
        calls.push(call)
        const result = await next(call)
        void result.completion.then((completion) => completions.push(completion))
        return result
      },
    ],
    ...over,
  })
  const client = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch })
  return { client, fetch, fetchAs, drain, calls, completions, ungoverned }
}

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello, how are you today?' }]
const request = { model: 'gpt-4o-mini', messages }

async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  return text
}

describe('a governed fetch', () => {
  it('reads a call once: who pays, what is asked, and a bound of its input that is never too low', async () => {
    const { client, calls } = governed()
    const { usage } = await client.chat.completions.create({ ...request, max_completion_tokens: 50 })
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({
      provider: 'openai',
      model: 'gpt-4o-mini',
      maxOutputTokens: 50,
      tenant: 'contoso',
      attempt: 1,
    })
    expect(calls[0]!.inputTokens).toBeGreaterThanOrEqual(usage!.prompt_tokens)
  })

  it('bounds its input closer with a real tokenizer', async () => {
    const { client, calls } = governed()
    const closer = governed({ countTokens: (text) => countTokens(text) })
    await client.chat.completions.create(request)
    await closer.client.chat.completions.create(request)
    expect(closer.calls[0]!.inputTokens).toBeLessThan(calls[0]!.inputTokens / 2)
    expect(closer.calls[0]!.inputTokens).toBeGreaterThan(countTokens('Hello, how are you today?'))
  })

  it('charges a JSON answer what the provider billed', async () => {
    const { client, completions, drain } = governed()
    const answer = await client.chat.completions.create(request)
    await drain()
    expect(answer.choices[0]!.message.content).toMatch(/\w+/)
    expect(completions).toMatchObject([
      { status: 'completed', usageSource: 'reported', costNanos: endpoint.totalCostNanos() },
    ])
  })

  it('charges a stream what the provider billed, and hides the usage event that Azure would not have sent unasked', async () => {
    const { fetch, completions, drain } = governed()
    const azure = new AzureOpenAI({ endpoint: endpoint.url, apiKey: 'any', apiVersion: '2024-10-21', fetch })
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of await azure.chat.completions.create({ ...request, stream: true })) chunks.push(chunk)
    await drain()
    expect(chunks.every((chunk) => chunk.choices.length === 1)).toBe(true)
    expect(completions).toMatchObject([
      { status: 'completed', usageSource: 'reported', costNanos: endpoint.totalCostNanos() },
    ])
    expect(completions[0]!.timeToFirstTokenMs).toBeGreaterThan(0)
  })

  it('leaves the usage event to an application that asked for it', async () => {
    const { client } = governed()
    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    })
    let usage: unknown
    for await (const chunk of stream) usage = chunk.usage ?? usage
    expect(usage).toMatchObject({ prompt_tokens: expect.any(Number) })
  })

  it('returns a stream with the same text as without it', async () => {
    const bare = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any' })
    const asked: OpenAI.ChatCompletionCreateParamsStreaming = {
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Grüße, 你好 🙂' }],
      stream: true,
    }
    const expected = await textOf(await bare.chat.completions.create(asked))
    expect(await textOf(await governed().client.chat.completions.create(asked))).toBe(expected)
  })

  it('writes another model and another cap into the request, and into the path of an Azure deployment', async () => {
    const { fetch } = governed({
      layers: [(call, next) => next({ ...call, model: 'gpt-4o-mini', maxOutputTokens: 5 })],
    })
    const azure = new AzureOpenAI({ endpoint: endpoint.url, apiKey: 'any', apiVersion: '2024-10-21', fetch })
    const answer = await azure.chat.completions.create({ model: 'gpt-4o', messages, max_tokens: 900 })
    expect(answer).toMatchObject({ model: 'gpt-4o-mini', usage: { completion_tokens: 5 } })
    expect(endpoint.attempts[0]!.path).toContain('/openai/deployments/gpt-4o-mini/')
  })

  it('works under parse, stream helpers, runTools and withOptions', async () => {
    const { client, calls } = governed()
    const again = client.withOptions({ timeout: 5000 })
    const parsed = await again.chat.completions.parse({
      ...request,
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object', properties: {} } } },
    })
    expect(parsed.choices[0]!.message.parsed).toEqual({})
    expect(await client.chat.completions.stream(request).finalContent()).toMatch(/\w+/)
    const runner = client.chat.completions.runTools({
      ...request,
      messages: [{ role: 'user', content: 'What is the weather?' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'Tells the weather',
            parameters: { type: 'object', properties: {} },
            function: () => 'sunny',
          },
        },
      ],
    })
    expect(await runner.finalContent()).toContain('sunny')
    expect(calls).toHaveLength(4)
  })

  it('charges the task that it runs in', async () => {
    const { client, calls } = governed({ defaultTenant: undefined })
    await createTaskRunner()({ tenant: 'fabrikam' }, () => client.chat.completions.create(request))
    expect(calls[0]).toMatchObject({ tenant: 'fabrikam', task: { tenant: 'fabrikam' } })
  })

  it('charges the tenant of fetchAs', async () => {
    const { client, fetchAs, calls } = governed({ defaultTenant: undefined })
    await client.withOptions({ fetch: fetchAs({ tenant: 'adatum' }) }).chat.completions.create(request)
    expect(calls[0]!.tenant).toBe('adatum')
  })

  it('refuses a call without a tenant, once, with its code', async () => {
    const { client } = governed({ defaultTenant: undefined })
    const call = client.withOptions({ maxRetries: 3 }).chat.completions.create(request)
    await expect(call).rejects.toMatchObject({ status: 400, code: 'no_tenant' })
    expect(endpoint.attempts).toHaveLength(0)
  })

  it('separates a repeated attempt of the SDK from a new call', async () => {
    endpoint.fault({ kind: 'unavailable', retryAfterMs: 1, retryAfterForm: 'milliseconds' })
    const { client, calls, completions, drain } = governed()
    await client.withOptions({ maxRetries: 1 }).chat.completions.create(request)
    await drain()
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(completions).toMatchObject([{ status: 'failed', costNanos: 0 }, { status: 'completed' }])
  })

  it('passes what it does not know untouched, and counts a model request that it cannot read', async () => {
    const { fetch, calls, ungoverned } = governed({ modelHosts: ['127.0.0.1'], unknownEndpoints: 'pass' })
    expect((await fetch(`${endpoint.url}/_health`)).status).toBe(200)
    const broken = await fetch(`${endpoint.url}/v1/chat/completions`, {
      method: 'POST',
      body: 'not JSON',
      headers: { authorization: 'x' },
    })
    expect(broken.status).toBe(400)
    expect([calls.length, ungoverned]).toEqual([0, ['v1/chat/completions']])
  })

  it('refuses a request that is too long, however it comes', async () => {
    const { fetch, calls, ungoverned } = governed({ maxRequestBytes: 100 })
    const url = `${endpoint.url}/v1/chat/completions`
    const body = JSON.stringify({ ...request, user: 'x'.repeat(200) })
    const headers = { authorization: 'Bearer any', 'x-stainless-retry-count': 'often' }
    const answers = [
      await fetch(url, { method: 'POST', body, headers }),
      await fetch(new Request(url, { method: 'POST', body, headers })),
      await fetch(url, { method: 'POST', body: new Blob([body]).stream(), headers, duplex: 'half' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([413, 413, 413])
    expect([calls.length, ungoverned.length, endpoint.attempts.length]).toEqual([0, 0, 0])
  })

  it('refuses a model request that it cannot read if the option says so', async () => {
    const { fetch } = governed({ unknownEndpoints: 'refuse' })
    const response = await fetch(`${endpoint.url}/v1/chat/completions`, { method: 'POST', body: '[]' })
    expect(await response.json()).toMatchObject({ error: { code: 'ungoverned_request' } })
    expect(endpoint.attempts).toHaveLength(0)
  })

  it('takes a Request, a URL, and a body of bytes, a Blob or a stream as fetch does', async () => {
    const { fetch, calls } = governed()
    const url = new URL(`${endpoint.url}/v1/chat/completions`)
    const body = JSON.stringify(request)
    const headers = { authorization: 'Bearer any', 'content-type': 'application/json' }
    await fetch(new Request(url, { method: 'POST', body, headers }))
    await fetch(url, { method: 'POST', body: new TextEncoder().encode(body), headers })
    await fetch(url, { method: 'POST', body: new Blob([body]), headers })
    await fetch(url, { method: 'POST', body: new Blob([body]).stream(), headers, duplex: 'half' })
    expect(calls).toHaveLength(4)
    expect(endpoint.attempts.map(({ outcome }) => outcome)).toEqual(Array(4).fill('completed'))
  })

  it('keeps what a Request says of redirects', async () => {
    const server = createServer((_, response) => response.writeHead(307, { location: endpoint.url }).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
      const asked = new Request(url, { method: 'POST', body: JSON.stringify(request), redirect: 'manual' })
      expect((await governed().fetch(asked)).status).toBe(307)
    } finally {
      server.close()
    }
  })
})

describe('a broken answer', () => {
  const stream = (client: OpenAI) => client.chat.completions.create({ ...request, stream: true })

  it.each(['cut', 'cut_clean'] as const)(
    'that was %s is never a success: the caller gets StreamBrokenError',
    async (kind) => {
      endpoint.fault({ kind, afterEvents: 5 })
      const { client, completions, drain } = governed()
      const error = await textOf(await stream(client)).catch((error: unknown) => error)
      await drain()
      expect(error).toBeInstanceOf(StreamBrokenError)
      expect(error).toMatchObject({ code: 'stream_broken', model: 'gpt-4o-mini' })
      expect(completions).toMatchObject([{ status: 'broken', usageSource: 'estimated' }])
      expect(completions[0]!.usage.outputTokens).toBeGreaterThanOrEqual(endpoint.attempts[0]!.usage.outputTokens)
    },
  )

  it('is whole without its [DONE] when it said why it finished', async () => {
    endpoint.fault({ kind: 'missing_done' })
    const { client, completions, drain } = governed()
    await textOf(await stream(client))
    await drain()
    expect(completions).toMatchObject([{ status: 'completed', costNanos: endpoint.totalCostNanos() }])
  })

  it('that is a text is given to the application as without us, and its cost is estimated', async () => {
    endpoint.fault({ kind: 'wrong_content_type', times: 2 })
    const { client, completions, drain } = governed()
    const bare = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any' })
    expect(await client.chat.completions.create(request)).toBe(await bare.chat.completions.create(request))
    await drain()
    expect(completions).toMatchObject([{ status: 'broken', usageSource: 'estimated' }])
  })

  it.each(['malformed_json', 'endless_body'] as const)(
    'of the kind %s is an error with a code, and its cost is estimated',
    async (kind) => {
      endpoint.fault({ kind })
      const { client, completions, drain } = governed({ maxAnswerBytes: 300_000 })
      const call = client.chat.completions.create(request)
      await expect(call).rejects.toMatchObject({ status: 502, code: 'malformed_response' })
      await drain()
      expect(completions).toMatchObject([{ status: 'broken', usageSource: 'estimated' }])
      expect(completions[0]!.unknownNanos).toBe(completions[0]!.costNanos)
    },
  )

  const UNDOCUMENTED = [
    [],
    {},
    { choices: null },
    { choices: {} },
    { choices: [null] },
    { choices: [{ delta: 7, finish_reason: {} }], model: 7 },
    { choices: [], usage: { prompt_tokens: 'twelve', completion_tokens: 3 } },
    { choices: [], usage: { prompt_tokens: 12, completion_tokens: 'three' } },
    { choices: [], usage: { prompt_tokens: -12, completion_tokens: 3 } },
    { choices: [], usage: { prompt_tokens: 12, completion_tokens: [3] } },
    { choices: [], usage: { prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: { cached_tokens: -1 } } },
    { choices: [], usage: { prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: 'none' } },
  ].map((body) => JSON.stringify(body))

  it.each(UNDOCUMENTED)('of an undocumented shape is passed on, and reduces no charge: %s', async (body) => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { completions, fetch, drain } = governed()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(request) })
    expect(await response.text()).toBe(body)
    await drain()
    const isKnown = body.includes('"prompt_tokens":12,"completion_tokens":3')
    expect(completions).toMatchObject([{ status: 'completed', usageSource: isKnown ? 'reported' : 'estimated' }])
    expect(completions[0]!.costNanos).toBeGreaterThan(0)
    server.close()
  })

  it.each(UNDOCUMENTED)('that holds an event of an undocumented shape ends as without it: %s', async (body) => {
    const text = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }
    const usage = { choices: [], usage: { prompt_tokens: 12, completion_tokens: 3 } }
    const events = [body, JSON.stringify(text), JSON.stringify(usage), '[DONE]'].map((data) => `data: ${data}\n\n`)
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.join(''))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { completions, fetch, drain } = governed()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ ...request, stream: true }) })
    expect(await response.text()).toContain('Hi')
    await drain()
    expect(completions).toMatchObject([{ status: 'completed', usage: { inputTokens: 12, outputTokens: 3 } }])
    server.close()
  })

  it('that the caller leaves is charged for what was delivered, and ends at the provider', async () => {
    await endpoint.close()
    endpoint = await startModelEndpoint({ tokensPerSecond: 300 })
    const { client, completions, drain } = governed()
    let pieces = 0
    for await (const chunk of await stream(client)) if (chunk.choices[0]?.delta.content && ++pieces === 3) break
    await drain()
    await expect.poll(() => endpoint.attempts[0]!.outcome).toBe('aborted')
    expect(completions).toMatchObject([{ status: 'aborted', usageSource: 'estimated' }])
    // The SDK may have been handed one piece more than its loop had seen.
    expect([3, 4]).toContain(completions[0]!.usage.outputTokens)
  })

  it('ends with the deadline of its task, at the provider too', async () => {
    endpoint.fault({ kind: 'hang' })
    const { client } = governed()
    const task = createTaskRunner()({ tenant: 'contoso', deadlineMs: 50 }, () =>
      client.chat.completions.create(request),
    )
    await expect(task).rejects.toThrow()
    await expect.poll(() => endpoint.attempts[0]!.outcome).toBe('failed')
  })
})

describe('an event stream', () => {
  it('whose event never ends is broken, and is read no further', async () => {
    let sent = 0
    const server = createServer(async (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: "')
      while (!request.socket.destroyed && sent < 40) {
        sent++
        await new Promise<void>((resolve) => response.write('x'.repeat(1024 * 1024), () => resolve()))
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { completions, fetch, drain } = governed({ maxAnswerBytes: 10 * 1024 * 1024 })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ ...request, stream: true }) })
    await expect(response.text()).rejects.toBeInstanceOf(StreamBrokenError)
    await drain()
    expect(completions).toMatchObject([{ status: 'broken' }])
    expect(sent).toBeLessThan(40)
    server.closeAllConnections()
    server.close()
  })

  it('is read right however the network cuts it', async () => {
    const text = [
      'data: {"model":"m","choices":[{"index":0,"delta":{"content":"Grüße 🙂"},"finish_reason":null}]}\r\n\r\n',
      ': a comment\n\n',
      'data: {"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
      'data: {"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\ndata: [DONE]\n\n',
    ].join('')
    const bytes = Buffer.from(text)
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const server = createServer(async (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        for (let at = 0; at < bytes.length; at += size) {
          await new Promise<void>((resolve) => response.write(bytes.subarray(at, at + size), () => resolve()))
        }
        response.end()
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { completions, fetch, drain } = governed()
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
      const body = JSON.stringify({ ...request, stream: true })
      const read = await (await fetch(url, { method: 'POST', body })).text()
      await drain()
      expect(read).toContain('Grüße 🙂')
      // Its carriage returns and comments too.
      expect(read).toBe(text)
      expect(completions).toMatchObject([{ status: 'completed', usage: { inputTokens: 3, outputTokens: 2 } }])
      server.close()
    }
  })
})
