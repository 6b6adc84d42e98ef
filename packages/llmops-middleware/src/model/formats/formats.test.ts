import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRateCard } from '../../pricing/index.ts'
import { type Completion, createGovernedFetch, type ModelCall } from '../index.ts'

type Replay = { readonly path: string; readonly request: object; readonly cap?: number; readonly model?: string }

/** Sends a request through a governed fetch to a server that replays a recorded answer, cut where `bytes` ends. */
async function replay(
  answer: { fixture: string; bytes?: number } | { json: object },
  { path, request, cap, model }: Replay,
) {
  const isStream = 'fixture' in answer
  const body = isStream
    ? (await readFile(join(import.meta.dirname, 'fixtures', answer.fixture))).subarray(0, answer.bytes)
    : Buffer.from(JSON.stringify(answer.json))
  let sent: { url: string; body: Record<string, unknown> } | undefined
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    sent = { url: incoming.url!, body: JSON.parse(Buffer.concat(chunks).toString()) }
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let call: ModelCall | undefined
  let completion: Completion | undefined
  const { fetch, drain } = createGovernedFetch({
    rateCard: createRateCard(),
    defaultTenant: 'contoso',
    layers: [
      async (asked, next) => {
        call = asked
        const changed = { ...asked, model: model ?? asked.model, maxOutputTokens: cap ?? asked.maxOutputTokens }
        const result = await next(changed)
        void result.completion.then((end) => {
          completion = end
        })
        return result
      },
    ],
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(request) })
  const text = await response.text().catch((error: Error) => error.name)
  await drain()
  server.close()
  return { sent: sent!, call: call!, completion: completion!, text }
}

describe('chat completions with both output caps', () => {
  it('are clamped by the cap that was read', async () => {
    const request = { model: 'gpt-4o', messages: [], max_tokens: 40, max_completion_tokens: 50 }
    const { sent } = await replay({ json: {} }, { path: '/v1/chat/completions', request, cap: 10 })
    expect(sent.body).toMatchObject({ max_completion_tokens: 10 })
  })
})

describe('chat completions of Azure', () => {
  const path = '/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21'
  const request = { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50, stream: true }

  it('are read through their filter results, with cached tokens apart', async () => {
    const { completion, call, text } = await replay({ fixture: 'azure-chat.sse' }, { path, request })
    expect(call).toMatchObject({ provider: 'azure.ai.openai', model: 'gpt-4o', maxOutputTokens: 50 })
    expect(completion).toMatchObject({
      status: 'completed',
      responseModel: 'gpt-4o-2024-11-20',
      finishReasons: ['stop'],
      usage: { inputTokens: 1200, cachedInputTokens: 1024, outputTokens: 7 },
      costNanos: 176 * 2500 + 1024 * 1250 + 7 * 10_000,
    })
    expect(text).toContain('Grüße')
    expect(text).not.toContain('prompt_tokens')
  })

  it('multiply the cap by the choices that are asked for, and write it back by choice', async () => {
    const { call, sent } = await replay(
      { fixture: 'azure-chat.sse' },
      { path, request: { ...request, n: 3 }, cap: 100 },
    )
    expect(call.maxOutputTokens).toBe(150)
    expect(sent.body).toMatchObject({ max_tokens: 33, n: 3, stream_options: { include_usage: true } })
  })

  it('ask for fewer choices where the cap is less than a token for each', async () => {
    const { sent } = await replay({ fixture: 'azure-chat.sse' }, { path, request: { ...request, n: 3 }, cap: 2 })
    expect(sent.body).toMatchObject({ max_tokens: 1, n: 2 })
  })

  it('count an image as the most that it can be', async () => {
    const content = [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }]
    const { call } = await replay(
      { fixture: 'azure-chat.sse' },
      { path, request: { ...request, messages: [{ role: 'user', content }] } },
    )
    expect(call.inputTokens).toBeGreaterThan(1445)
  })
})

describe('the Responses API', () => {
  const path = '/v1/responses'
  const request = { model: 'gpt-5-mini', input: 'Hi', max_output_tokens: 200, stream: true }

  it('is read at its end, with reasoning inside the output', async () => {
    const { completion } = await replay({ fixture: 'openai-responses.sse' }, { path, request })
    expect(completion).toMatchObject({
      status: 'completed',
      finishReasons: ['completed'],
      usage: { inputTokens: 36, outputTokens: 87, reasoningTokens: 64 },
    })
  })

  it('that is cut before its end is broken, and counts what was delivered', async () => {
    const { completion, text } = await replay(
      { fixture: 'openai-responses.sse', bytes: 1050 },
      { path, request: { ...request, reasoning: { effort: 'minimal' } } },
    )
    expect(completion).toMatchObject({ status: 'broken', usageSource: 'estimated', usage: { outputTokens: 2 } })
    expect(text).toBe('StreamBrokenError')
  })

  it('of a model with hidden reasoning is unknown when its answer is cut', async () => {
    const { completion } = await replay({ fixture: 'openai-responses.sse', bytes: 1050 }, { path, request })
    expect(completion).toMatchObject({ status: 'broken', usageSource: 'unknown' })
  })

  it('is asked for another model and another cap', async () => {
    const { sent } = await replay({ fixture: 'openai-responses.sse' }, { path, request, model: 'gpt-4o-mini', cap: 20 })
    expect(sent.body).toMatchObject({ model: 'gpt-4o-mini', max_output_tokens: 20, input: 'Hi' })
  })

  it('counts the most that an earlier response can bring', async () => {
    const { call } = await replay(
      { fixture: 'openai-responses.sse' },
      { path, request: { ...request, previous_response_id: 'resp_0' } },
    )
    expect(call.inputTokens).toBeGreaterThan(128_000)
  })
})

describe('embeddings', () => {
  it('are billed by their input alone, and have no cap', async () => {
    const json = {
      object: 'list',
      data: [],
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 9, total_tokens: 9 },
    }
    const request = { model: 'text-embedding-3-small', input: ['The quick brown fox'] }
    const { completion, call, sent } = await replay({ json }, { path: '/v1/embeddings', request })
    expect(call).toMatchObject({ maxOutputTokens: 0, format: { operation: 'embeddings' } })
    expect(completion).toMatchObject({
      status: 'completed',
      usage: { inputTokens: 9, outputTokens: 0 },
      costNanos: 180,
    })
    expect(sent.body).toEqual(request)
  })
})

describe("Anthropic's Messages", () => {
  const path = '/v1/messages'
  const request = {
    model: 'claude-sonnet-4-5',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
  }

  it('add what was read from and written to the cache to the input, each at its price', async () => {
    const { completion, call } = await replay({ fixture: 'anthropic-messages.sse' }, { path, request })
    expect(call).toMatchObject({ provider: 'anthropic', maxOutputTokens: 100 })
    expect(completion).toMatchObject({
      status: 'completed',
      finishReasons: ['end_turn'],
      usage: { inputTokens: 2125, cachedInputTokens: 2000, cacheWriteTokens: 100, outputTokens: 15 },
      costNanos: 25 * 3000 + 2000 * 300 + 100 * 3750 + 15 * 15_000,
    })
  })

  it.each([
    [{ type: 'enabled', budget_tokens: 50 }, 'unknown'],
    [{ type: 'disabled' }, 'estimated'],
    [undefined, 'estimated'],
  ])('that are cut, thinking %j, have a cost that is %s', async (thinking, usageSource) => {
    const { completion } = await replay(
      { fixture: 'anthropic-messages.sse', bytes: 900 },
      { path, request: { ...request, thinking } },
    )
    expect(completion).toMatchObject({ status: 'broken', usageSource })
  })

  it('are asked for another model and another cap', async () => {
    const { sent } = await replay(
      { fixture: 'anthropic-messages.sse' },
      { path, request, model: 'claude-haiku-4-5', cap: 9 },
    )
    expect(sent.body).toMatchObject({ model: 'claude-haiku-4-5', max_tokens: 9 })
  })
})
