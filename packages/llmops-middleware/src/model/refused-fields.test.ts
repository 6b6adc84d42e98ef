import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMistral } from '@ai-sdk/mistral'

import { generateText, streamText } from 'ai'
import OpenAI, { AzureOpenAI } from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HTTPClient, Mistral } from '../../test/support/mistral-sdk.mjs'
import { createLlmOps, type LlmOpsOptions } from '../index.ts'

type Body = Readonly<Record<string, unknown>>
type Refusal = { readonly status: number; readonly body: object } | undefined

const USAGE = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }

/** A provider of chat completions that refuses what it does not know, in its own words. */
async function startStrict(refusalOf: (body: Body, asked: number) => Refusal) {
  const bodies: Body[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Body
    bodies.push(body)
    const refusal = refusalOf(body, bodies.length)
    const answer = { id: 'x', created: 1, model: body['model'] ?? 'gpt-4o', object: 'chat.completion' }
    if (refusal) {
      response.writeHead(refusal.status, { 'content-type': 'application/json' }).end(JSON.stringify(refusal.body))
    } else if (body['stream'] === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const piece = { ...answer, object: 'chat.completion.chunk' }
      const choice = { index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: null }
      response.write(`data: ${JSON.stringify({ ...piece, choices: [choice] })}\n\n`)
      const end = { index: 0, delta: { content: '' }, finish_reason: 'stop' }
      response.end(`data: ${JSON.stringify({ ...piece, choices: [end], usage: USAGE })}\n\ndata: [DONE]\n\n`)
    } else {
      const message = { role: 'assistant', content: 'Hello' }
      const choices = [{ index: 0, message, finish_reason: 'stop' }]
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ...answer, choices, usage: USAGE }))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies }
}

/** docs.mistral.ai/api: what it does not list is refused by its validator, every field at once (eca#231, zed#57122). */
const MISTRAL_FIELDS = new Set(['model', 'messages', 'max_tokens', 'stream', 'temperature', 'top_p', 'tools', 'n'])
function mistral(body: Body): Refusal {
  const extra = Object.keys(body).filter((field) => !MISTRAL_FIELDS.has(field))
  if (extra.length === 0) return undefined
  const detail = extra.map((field) => ({
    type: 'extra_forbidden',
    loc: ['body', field],
    msg: 'Extra inputs are not permitted',
    input: body[field],
  }))
  return { status: 422, body: { object: 'error', message: { detail }, type: 'invalid_request_error', code: null } }
}

/** Azure before 2024-09-01-preview: one field at a time (litellm#8638, openai-python#1469). */
function oldAzure(body: Body): Refusal {
  const field = ['max_completion_tokens', 'stream_options'].find((field) => field in body)
  if (!field) return undefined
  const message = `Unrecognized request argument supplied: ${field}`
  return { status: 400, body: { error: { message, type: 'invalid_request_error', param: null, code: null } } }
}

function governed(options: LlmOpsOptions = {}) {
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 1, defaultMaxOutputTokens: 500 },
    ...options,
  })
  onTestFinished(() => ops.close())
  return ops
}

const fieldsOf = (bodies: readonly Body[]) =>
  bodies.map((body) => Object.keys(body).filter((field) => /^max_|^stream_options/.test(field)))

const messages = [{ role: 'user' as const, content: 'Hi' }]

describe('a field that only we add is renamed or left out where the provider refuses it', () => {
  it.each([
    ['chat', mistral, [['max_completion_tokens'], ['max_tokens'], ['max_tokens']]],
    ['chat', oldAzure, [['max_completion_tokens'], ['max_tokens'], ['max_tokens']]],
  ] as const)('%s: the cap has its other name, and so from then on', async (_, refusalOf, fields) => {
    const { url, bodies } = await startStrict(refusalOf)
    const ops = governed()
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    for (const _ of [1, 2]) await openai.chat.completions.create({ model: 'gpt-4o', messages })
    expect(fieldsOf(bodies)).toEqual(fields)
    expect(bodies.map((body) => body['max_tokens'])).toEqual([undefined, 500, 500])
    await ops.close()
    // The refused attempt cost nothing; each answer its own usage.
    expect(await ops.budget!.read('contoso')).toMatchObject({ spentUsd: 2 * (10 * 2.5e-6 + 2 * 1e-5), heldUsd: 0 })
  })

  it('of a stream both at once where it names both, one after the other where it names one', async () => {
    for (const [refusalOf, attempts] of [
      [mistral, 2],
      [oldAzure, 3],
    ] as const) {
      const { url, bodies } = await startStrict(refusalOf)
      const ops = governed()
      const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
      for (const _ of [1, 2]) {
        let text = ''
        const stream = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true })
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
        expect(text).toBe('Hello')
      }
      expect(fieldsOf(bodies).at(-1)).toEqual(['max_tokens'])
      expect(bodies).toHaveLength(attempts + 1)
    }
  })

  it("for Mistral's SDKs, whole and streamed", async () => {
    const { url, bodies } = await startStrict(mistral)
    const ops = governed()
    const sdk = new Mistral({ apiKey: 'any', serverURL: url, httpClient: new HTTPClient({ fetcher: ops.fetch }) })
    const request = { model: 'mistral-large-latest', messages }
    expect((await sdk.chat.complete(request)).choices[0]?.message?.content).toBe('Hello')
    let text = ''
    for await (const { data } of await sdk.chat.stream(request)) text += data.choices[0]?.delta.content ?? ''
    expect(text).toBe('Hello')
    const model = createMistral({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })('mistral-large-latest')
    expect((await generateText({ model, prompt: 'Hi' })).text).toBe('Hello')
    expect(await streamText({ model, prompt: 'Hi' }).text).toBe('Hello')
    // What the first calls learned serves the second SDK: one refusal each for the cap and for the usage of a stream.
    expect(bodies).toHaveLength(6)
    await ops.close()
    expect((await ops.budget!.read('contoso')).spentUsd).toBeGreaterThan(0)
  })

  it('for AzureOpenAI with an api-version of before', async () => {
    const { url, bodies } = await startStrict(oldAzure)
    const ops = governed()
    const apiVersion = '2024-06-01'
    const azure = new AzureOpenAI({ endpoint: url, apiKey: 'any', apiVersion, maxRetries: 0, fetch: ops.fetch })
    await azure.chat.completions.create({ model: 'gpt-4o', messages })
    const stream = await azure.chat.completions.create({ model: 'gpt-4o', messages, stream: true })
    for await (const _ of stream);
    // Its version tells: nothing had to be refused first.
    expect(fieldsOf(bodies)).toEqual([['max_tokens'], ['max_tokens']])
  })

  it.each([
    ['https://api.mistral.ai/v1/chat/completions', ['max_tokens']],
    ['https://codestral.mistral.ai/v1/chat/completions', ['max_tokens']],
    ['https://a.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-06-01', ['max_tokens']],
    [
      'https://a.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2023-12-01-preview',
      ['max_tokens'],
    ],
    [
      'https://a.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
      ['max_completion_tokens', 'stream_options'],
    ],
    ...['2024-09-01-preview', '2024-09-01', 'preview', '1', 'x2023-01-01'].map((version): [string, string[]] => [
      `https://a.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=${version}`,
      ['max_completion_tokens', 'stream_options'],
    ]),
    ['https://a.openai.azure.com/openai/v1/chat/completions', ['max_completion_tokens', 'stream_options']],
    ['https://api.openai.com/v1/chat/completions', ['max_completion_tokens', 'stream_options']],
  ])('at once on a host that is known: %s', async (url, fields) => {
    const bodies: Body[] = []
    const fetch: typeof globalThis.fetch = async (_, init) => {
      bodies.push(JSON.parse(String(init!.body)))
      return new Response('data: [DONE]\n\n', { headers: { 'content-type': 'text/event-stream' } })
    }
    const ops = governed({ fetch })
    const body = JSON.stringify({ model: 'gpt-4o', messages, stream: true })
    await (await ops.fetch(url, { method: 'POST', body })).text().catch(() => {})
    expect(fieldsOf(bodies).map((fields) => fields.sort())).toEqual([fields])
  })
})

describe('a field of the application stays as it is', () => {
  it('though the provider refuses it: its caller gets the refusal', async () => {
    const { url, bodies } = await startStrict(mistral)
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: governed().fetch })
    const call = openai.chat.completions.create({ model: 'gpt-4o', messages, max_completion_tokens: 9 })
    await expect(call).rejects.toMatchObject({ status: 422 })
    const options = { stream: true, stream_options: { include_usage: true }, max_tokens: 9 } as const
    await expect(openai.chat.completions.create({ model: 'gpt-4o', messages, ...options })).rejects.toThrow()
    expect(bodies).toHaveLength(2)
  })

  it('beside ours, which are withdrawn', async () => {
    const { url, bodies } = await startStrict((body) =>
      (body['stream_options'] as Body)['include_usage'] ? oldAzure(body) : undefined,
    )
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: governed().fetch })
    const options = { stream: true, stream_options: { include_obfuscation: false }, max_tokens: 9 } as const
    for await (const _ of await openai.chat.completions.create({ model: 'gpt-4o', messages, ...options }));
    expect(bodies.map((body) => body['stream_options'])).toEqual([
      { include_obfuscation: false, include_usage: true },
      { include_obfuscation: false },
    ])
  })
})

it('a request is sent once if the error names none of our fields, and at most twice if leaving them out does not help', async () => {
  const other = await startStrict(() => ({ status: 400, body: { error: { message: 'Invalid model' } } }))
  const stubborn = await startStrict(() => ({
    status: 400,
    body: { error: { message: 'max_completion_tokens is too large, and so is max_tokens' } },
  }))
  const failing = await startStrict(() => ({ status: 500, body: { error: { message: 'max_completion_tokens' } } }))
  const statuses = [400, 400, 500]
  for (const [index, { url, bodies }] of [other, stubborn, failing].entries()) {
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: governed().fetch })
    const call = openai.chat.completions.create({ model: 'gpt-4o', messages })
    await expect(call).rejects.toMatchObject({ status: statuses[index] })
    expect(bodies).toHaveLength(index === 1 ? 2 : 1)
    for (const body of bodies) expect(body['max_completion_tokens'] ?? body['max_tokens']).toBe(500)
  }
})

it('what was learned is of one model at one endpoint', async () => {
  const { url, bodies } = await startStrict((body) => (body['model'] === 'gpt-4o' ? oldAzure(body) : undefined))
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: governed().fetch })
  for (const model of ['gpt-4o', 'gpt-4o-mini', 'gpt-4o']) await openai.chat.completions.create({ model, messages })
  expect(fieldsOf(bodies)).toEqual([
    ['max_completion_tokens'],
    ['max_tokens'],
    ['max_completion_tokens'],
    ['max_tokens'],
  ])
})

it('what was learned of one model is kept while another is learned', async () => {
  const { url, bodies } = await startStrict(oldAzure)
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: governed().fetch })
  for (const model of ['gpt-4o', 'gpt-4o-mini', 'gpt-4o', 'gpt-4o-mini']) {
    await openai.chat.completions.create({ model, messages })
  }
  expect(bodies).toHaveLength(6)
})

it('a format that adds nothing is asked once, whatever its provider refuses', async () => {
  const { url, bodies } = await startStrict(() => ({ status: 400, body: { error: { message: 'max_tokens' } } }))
  const body = JSON.stringify({ model: 'claude-haiku-4-5', messages, max_tokens: 9 })
  expect((await governed().fetch(`${url}/v1/messages`, { method: 'POST', body })).status).toBe(400)
  expect(bodies).toHaveLength(1)
})
