import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { eventsOf, startProvider } from '../../../test/support/provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { createLlmOps, type LlmOpsOptions } from '../../index.ts'

const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }
const answer = JSON.stringify({
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }],
  usage,
})
const events = eventsOf(
  { model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] },
  { model: 'gpt-4o', choices: [], usage },
  '[DONE]',
)

/** Streams to who asks for a stream. */
function chat(response: ServerResponse, { accept }: IncomingHttpHeaders): void {
  const isStream = accept === 'text/event-stream'
  response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
  response.end(isStream ? events : answer)
}

const startChat = () => startProvider((response, { headers }) => chat(response, headers))

const start = (options: LlmOpsOptions = {}) =>
  createLlmOps({
    defaultTenant: 'contoso',
    ...options,
    budget: { limitUsd: 1, defaultMaxOutputTokens: 4096, ...options.budget },
  })

const messages = [{ role: 'user' as const, content: 'Hello' }]
const capped = { model: 'gpt-4o', messages, max_completion_tokens: 50 }

describe.each(TRANSPORTS)('a request whose length its caller names, over %s', (_, transport) => {
  it.each(['content-length', 'Content-Length'])('arrives whole after it was rewritten: %s', async (name) => {
    const { url, bodies, requests } = await startChat()
    const ops = start({ fetch: transport() })
    const body = JSON.stringify({ model: 'gpt-4o', messages })
    const headers = { 'content-type': 'application/json', [name]: String(body.length) }
    const response = await ops.fetch(`${url}/v1/chat/completions`, { method: 'POST', body, headers })
    expect(await response.text()).toBe(answer)
    expect(JSON.parse(bodies[0]!)).toEqual({ model: 'gpt-4o', messages, max_completion_tokens: 4096 })
    expect(requests[0]!.headers['content-length']).toBe(String(bodies[0]!.length))
  })

  it('arrives whole when the caller passes on that its own request came in chunks', async () => {
    const { url, bodies } = await startChat()
    const headers = new Headers({ 'content-type': 'application/json', 'transfer-encoding': 'chunked' })
    const asked = { method: 'POST', body: JSON.stringify({ model: 'gpt-4o', messages }), headers }
    const response = await start({ fetch: transport() }).fetch(`${url}/v1/chat/completions`, asked)
    expect([await response.text(), bodies.length]).toEqual([answer, 1])
    // The caller's own object is as it was.
    expect(headers.get('transfer-encoding')).toBe('chunked')
  })
})

/** What an inner `fetch` of an application was given. */
function recorder() {
  const given: { input: unknown; init: RequestInit | undefined }[] = []
  const fetch = (async (input: Parameters<typeof globalThis.fetch>[0], init?: RequestInit) => {
    given.push({ input, init })
    return new Response(answer, { headers: { 'content-type': 'application/json' } })
  }) as typeof globalThis.fetch
  return { fetch, given }
}

describe('a fetch of the application behind the governed one', () => {
  const url = 'http://127.0.0.1:1/v1/chat/completions'

  it('gets what the openai SDK sends without us: a string', async () => {
    const { fetch, given } = recorder()
    const bare = new OpenAI({ baseURL: 'http://127.0.0.1:1/v1', apiKey: 'any', fetch })
    await bare.chat.completions.create(capped)
    await bare.withOptions({ fetch: start({ fetch }).fetch }).chat.completions.create(capped)
    const [alone, governed] = given
    expect(governed!.input).toBe(alone!.input)
    expect(governed!.init!.body).toBe(alone!.init!.body)
    expect(governed!.init!.headers).toBeInstanceOf(Headers)
  })

  it('gets what the AI SDK sends without us: a string and a plain object of headers', async () => {
    const { fetch, given } = recorder()
    for (const each of [fetch, start({ fetch }).fetch]) {
      const { chat } = createOpenAI({ baseURL: 'http://127.0.0.1:1/v1', apiKey: 'any', fetch: each })
      await generateText({ model: chat('gpt-4o'), prompt: 'Hello', maxOutputTokens: 50 })
    }
    const [alone, governed] = given
    expect(governed!.input).toBe(alone!.input)
    expect(governed!.init!.headers).toEqual(alone!.init!.headers)
    expect(Object.getPrototypeOf(governed!.init!.headers)).toBe(Object.prototype)
  })

  it.each<[string, RequestInit['headers']]>([
    ['a plain object', { 'Content-Type': 'application/json', Authorization: 'Bearer any', 'Content-Length': '1' }],
    [
      'a list',
      [
        ['Content-Type', 'application/json'],
        ['Content-Length', '1'],
      ],
    ],
    ['Headers', new Headers({ 'content-type': 'application/json', 'content-length': '1' })],
  ])('gets %s of headers as what it was when one of them had to go', async (_, headers) => {
    const { fetch, given } = recorder()
    await start({ fetch }).fetch(url, {
      method: 'POST',
      headers: headers!,
      body: JSON.stringify({ model: 'gpt-4o', messages }),
    })
    const got = given[0]!.init!.headers!
    expect(Object.prototype.toString.call(got)).toBe(Object.prototype.toString.call(headers))
    expect(new Headers(got).has('content-length')).toBe(false)
    expect(new Headers(got).get('content-type')).toBe('application/json')
    if (!Array.isArray(got) && !(got instanceof Headers)) expect(got['Authorization']).toBe('Bearer any')
  })

  it('gets the same objects for an unchanged request, its length too', async () => {
    const { fetch, given } = recorder()
    const init = { method: 'POST', headers: { 'Content-Length': '98' }, body: Buffer.from(JSON.stringify(capped)) }
    const asked = new URL(url)
    await start({ fetch }).fetch(asked, init)
    expect(given[0]!.input).toBe(asked)
    expect(given[0]!.init!.headers).toBe(init.headers)
    expect(given[0]!.init!.body).toBe(init.body)
  })

  it('gets bytes for bytes, and a Request for a Request, also when they were rewritten', async () => {
    const { fetch, given } = recorder()
    const ops = start({ fetch })
    const body = JSON.stringify({ model: 'gpt-4o', messages })
    await ops.fetch(url, { method: 'POST', body: new TextEncoder().encode(body) })
    await ops.fetch(new Request(url, { method: 'POST', body, headers: { authorization: 'Bearer any' } }))
    const rewritten = { model: 'gpt-4o', messages, max_completion_tokens: 4096 }
    expect(given[0]!.init!.body).toBeInstanceOf(Uint8Array)
    expect(JSON.parse(String(given[0]!.init!.body))).toEqual(rewritten)
    const request = given[1]!.input as Request
    expect(request).toBeInstanceOf(Request)
    expect([request.url, request.method, request.headers.get('authorization')]).toEqual([url, 'POST', 'Bearer any'])
    expect(await request.json()).toEqual(rewritten)
  })
})

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Signs as an SDK for AWS does: the hash of the body is part of what is signed. */
function signing(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', 'AWS4-HMAC-SHA256 Credential=any, SignedHeaders=host, Signature=any')
    headers.set('x-amz-content-sha256', sha256(String(init?.body)))
    return fetch(input, { ...init, headers })
  }
}

describe('a signed request', () => {
  /** Refuses what was changed after it was signed, as AWS does. */
  const startAws = () =>
    startProvider((response, { headers }, body) => {
      if (headers['x-amz-content-sha256'] !== sha256(body)) return response.writeHead(403).end()
      chat(response, headers)
    })

  async function client(options: LlmOpsOptions = {}) {
    const aws = await startAws()
    const ops = start(options)
    const openai = new OpenAI({ baseURL: `${aws.url}/v1`, apiKey: 'any', maxRetries: 2, fetch: signing(ops.fetch) })
    const hashes = () => aws.requests.map(({ headers }) => headers['x-amz-content-sha256'])
    return { ...aws, ops, openai, hashes }
  }

  it('is held as it is, sent as it was signed, and charged', async () => {
    const { openai, ops, bodies, hashes } = await client()
    await openai.chat.completions.create(capped)
    expect(hashes()).toEqual([sha256(bodies[0]!)])
    expect(await ops.budget!.read('contoso')).toMatchObject({ spentUsd: 0.000045, heldUsd: 0 })
  })

  it('is not asked for the usage of its stream, which is charged by what arrives', async () => {
    const { openai, ops, bodies, hashes } = await client()
    const stream = await openai.chat.completions.create(
      { ...capped, stream: true },
      { headers: { accept: 'text/event-stream' } },
    )
    for await (const _ of stream);
    expect(hashes()).toEqual([sha256(bodies[0]!)])
    await ops.budget!.drain()
    const { spentUsd, heldUsd } = await ops.budget!.read('contoso')
    expect(spentUsd).toBeGreaterThan(0)
    expect(heldUsd).toBe(0)
  })

  it.each<[string, LlmOpsOptions, object]>([
    ['a cap that it does not name', {}, { model: 'gpt-4o', messages }],
    ['a smaller cap', { budget: { limitUsd: 0.003, waitForHoldsMs: 0 } }, { ...capped, max_completion_tokens: 4000 }],
    [
      'another model',
      { budget: { limitUsd: 0.0001, waitForHoldsMs: 0, downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } } },
      capped,
    ],
  ])(
    'is refused once and in words where the budget wants %s, and nothing is held or spent',
    async (_, options, asked) => {
      const { openai, ops, bodies } = await client(options)
      const call = openai.chat.completions.create(asked as typeof capped)
      await expect(call).rejects.toMatchObject({
        status: 400,
        code: 'signed_request',
        message: expect.stringMatching(/signed.*cannot be changed.*sign in the `fetch`/),
      })
      expect(bodies).toEqual([])
      expect(await ops.budget!.read('contoso')).toMatchObject({ spentUsd: 0, heldUsd: 0 })
    },
  )

  it('is refused where a route would send it elsewhere', async () => {
    const elsewhere = await startChat()
    const targets = [{ name: 'elsewhere', model: 'gpt-4o', baseUrl: `${elsewhere.url}/v1` }]
    const { openai } = await client({ route: { targets } })
    await expect(openai.chat.completions.create(capped)).rejects.toMatchObject({ code: 'signed_request' })
    expect(elsewhere.bodies).toEqual([])
  })

  it('may be signed behind us, and is then rewritten like any other', async () => {
    const { url, bodies, requests } = await startAws()
    const ops = start({ fetch: signing(fetch) })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    await openai.chat.completions.create({ model: 'gpt-4o', messages })
    expect(JSON.parse(bodies[0]!)).toMatchObject({ max_completion_tokens: 4096 })
    expect(requests[0]!.headers['x-amz-content-sha256']).toBe(sha256(bodies[0]!))
  })

  it.each([
    ['AWS4-ECDSA-P256-SHA256 Credential=any', 400],
    ['ACS3-HMAC-SHA256 Credential=any', 400],
    ['HMAC-SHA256 Credential=any', 400],
    ['Signature version="1",keyId="any"', 400],
    ['Bearer HMAC-SHA256', 200],
    ['Basic c2lnbmF0dXJlIDE=', 200],
  ])('is recognised by its scheme: %s', async (authorization, status) => {
    const { url } = await startChat()
    const body = JSON.stringify({ model: 'gpt-4o', messages })
    const headers = { authorization, 'content-type': 'application/json' }
    const response = await start().fetch(`${url}/v1/chat/completions`, { method: 'POST', body, headers })
    expect(response.status).toBe(status)
  })
})

describe.each(TRANSPORTS)('a stream of the Responses API over %s', (_, transport) => {
  it('ends for its SDK at a [DONE] behind it, though the socket stays open', async () => {
    const response = {
      id: 'r1',
      model: 'gpt-4o',
      status: 'completed',
      output: [],
      usage: { input_tokens: 9, output_tokens: 1 },
    }
    const text = eventsOf(
      { type: 'response.output_text.delta', delta: 'Hi' },
      { type: 'response.completed', response },
      '[DONE]',
    )
    const { url } = await startProvider((answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' }).write(text)
    })
    const ops = start({ fetch: transport() })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const types: string[] = []
    for await (const { type } of await openai.responses.create({ model: 'gpt-4o', input: 'Hello', stream: true }))
      types.push(type)
    expect(types).toEqual(['response.output_text.delta', 'response.completed'])
    await ops.close()
  })
})
