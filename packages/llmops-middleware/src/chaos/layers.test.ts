import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { completion, modelCall, modelResult } from '../../test/support/model-call.ts'
import { PieceStream } from '../model/answer/piece-stream.ts'
import { StreamBrokenError } from '../model/answer/stream-broken-error.ts'
import type { ModelLayer } from '../model/index.ts'
import type { Answer } from '../model/model-result.ts'
import { toResponse } from '../model/to-response.ts'
import { createToolFactory } from '../tool/index.ts'
import { chaosAroundTool } from './around-tool.ts'
import { ChaosController } from './chaos-controller.ts'
import type { ChaosSettings } from './chaos-settings.ts'
import { ChaosMalformed, ChaosOutage, ChaosThrottled } from './faults/index.ts'
import { chaosModelLayer } from './model-layer.ts'

function controller(settings: ChaosSettings): ChaosController {
  const chaos = new ChaosController()
  chaos.set(settings)
  return chaos
}

const answer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Es grünt so grün' } }],
}

function events(): string {
  const chunks = ['', 'Es ', 'grünt ', 'so ', 'grün'].map((content) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: content === '' ? { role: 'assistant' } : { content }, finish_reason: null }],
  }))
  return `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`
}

describe('at a model call', () => {
  it('nothing happens out of scope', async () => {
    const layer = chaosModelLayer(controller({ mode: 'outage', tenants: ['fabrikam'] }))
    const result = modelResult()
    expect(await layer(modelCall(), async () => result)).toBe(result)
  })

  it('a latency spike lets the provider answer, later, and says so', async () => {
    const chaos = controller({ mode: 'latency-spike', delayMs: 1 })
    const result = await chaosModelLayer(chaos)(modelCall(), async () => modelResult())
    const response = toResponse(result)
    expect([response.status, response.headers.get('x-chaos')]).toEqual([200, 'latency-spike'])
    expect(chaos.read()).toMatchObject({ injected: 1, delayMs: 1 })
  })

  it('a latency spike does not hold a caller who has left', async () => {
    const leave = new AbortController()
    const layer = chaosModelLayer(controller({ mode: 'latency-spike', delayMs: 600_000 }))
    const asked = layer(modelCall({ signal: leave.signal }), async () => modelResult())
    leave.abort()
    expect(toResponse(await asked).status).toBe(200)
  })

  it('an outage answers 503 instead of the provider, and costs nothing', async () => {
    const layer = chaosModelLayer(controller({ mode: 'outage' }))
    const provider = () => Promise.reject(new Error('the provider was asked'))
    const { completion, ...answer } = await layer(modelCall(), provider)
    const response = toResponse(answer)
    expect(response.status).toBe(503)
    expect(response.headers.get('x-chaos')).toBe('outage')
    expect(await response.json()).toEqual({
      error: {
        message: 'The service is unavailable (injected by chaos).',
        type: 'server_error',
        code: 'service_unavailable',
        param: null,
      },
    })
    expect(await completion).toEqual({
      status: 'failed',
      usage: { inputTokens: 0, outputTokens: 0 },
      usageSource: 'reported',
      costNanos: 0,
      error: new ChaosOutage('model'),
    })
  })

  it.each([
    [undefined, undefined],
    [40, '40'],
  ])('an outage with retryAfterMs of %s says so in its headers', async (retryAfterMs, header) => {
    const layer = chaosModelLayer(controller({ mode: 'outage', ...(retryAfterMs && { retryAfterMs }) }))
    const { completion: _, ...answer } = await layer(modelCall(), () => Promise.reject(new Error('never asked')))
    expect(toResponse(answer).headers.get('retry-after-ms') ?? undefined).toBe(header)
  })

  it('a throttling answers 429 and says how long to wait', async () => {
    const layer = chaosModelLayer(controller({ mode: 'throttle', retryAfterMs: 2500 }))
    const provider = () => Promise.reject(new Error('the provider was asked'))
    const { completion, ...answer } = await layer(modelCall(), provider)
    const response = toResponse(answer)
    expect(response.status).toBe(429)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'retry-after': '3',
      'retry-after-ms': '2500',
      'x-chaos': 'throttle',
    })
    expect(await completion).toMatchObject({ status: 'failed', costNanos: 0, error: new ChaosThrottled('model', 2500) })
  })

  it('a spoiled answer costs what the provider charged, and is not a success', async () => {
    const layer = chaosModelLayer(controller({ mode: 'malformed' }))
    const result = await layer(modelCall(), async () => modelResult(whole(answer)))
    const response = toResponse(result)
    expect(response.status).toBe(502)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-chaos': 'malformed',
      'x-should-retry': 'false',
    })
    expect(await response.json()).toMatchObject({ error: { code: 'malformed_response' } })
    const { usage, costNanos } = completion()
    expect(await result.completion).toMatchObject({
      status: 'broken',
      usage,
      costNanos,
      error: new ChaosMalformed('model'),
    })
  })

  it('an error of the provider is not spoiled', async () => {
    const chaos = controller({ mode: 'malformed' })
    const result = modelResult({ ...whole({ error: {} }), status: 400 })
    expect(await chaosModelLayer(chaos)(modelCall(), async () => result)).toBe(result)
    expect(chaos.read()).toMatchObject({ injected: 0 })
  })

  it.each([1, 7, 1024])('a spoiled stream breaks after its first event, in pieces of %i bytes', async (size) => {
    const { answer, provider } = streamed(size)
    const layer = chaosModelLayer(controller({ mode: 'malformed' }))
    const result = await layer(modelCall({ isStream: true }), async () => modelResult(answer))

    const reader = toResponse(result).body!.getReader()
    const first = await reader.read()
    expect(`${new TextDecoder().decode(first.value)}`).toBe(events().slice(0, events().indexOf('\n\n') + 2))
    const rest = reader.read()
    await expect(rest).rejects.toThrow(StreamBrokenError)
    await expect(rest).rejects.toThrow(expect.objectContaining({ cause: new ChaosMalformed('model') }))
    // Without its end nobody would know what it cost.
    await provider.exhausted
    expect((await result.completion).status).toBe('broken')
  })

  it('a caller who leaves a spoiled stream before its first event closes that of the provider', async () => {
    const { answer, provider } = streamed(1024)
    const layer = chaosModelLayer(controller({ mode: 'malformed' }))
    const result = await layer(modelCall({ isStream: true }), async () => modelResult(answer))
    await toResponse(result).body!.cancel()
    await provider.cancelled
  })

  it('a caller who leaves a spoiled stream closes that of the provider', async () => {
    const { answer, provider } = streamed(1024)
    const layer = chaosModelLayer(controller({ mode: 'malformed' }))
    const result = await layer(modelCall({ isStream: true }), async () => modelResult(answer))
    const reader = toResponse(result).body!.getReader()
    await reader.read()
    await reader.cancel()
    await provider.cancelled
  })
})

const whole = (value: object): Pick<Answer, 'body'> => ({ body: { text: JSON.stringify(value) } })

/** A stream in pieces, and how it ended for the provider. */
function streamed(size: number) {
  const bytes = new TextEncoder().encode(events())
  const exhausted = Promise.withResolvers<void>()
  const cancelled = Promise.withResolvers<void>()
  let sent = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (sent < bytes.length) controller.enqueue(bytes.slice(sent, sent + size))
        else {
          controller.close()
          exhausted.resolve()
        }
        sent += size
      },
      cancel: () => cancelled.resolve(),
    },
    { highWaterMark: 0 },
  )
  const progress = { isOpen: true, hasBegun: true, isWhole: false, failure: undefined }
  const answer = { body: { pieces: PieceStream.sourceOf(body), progress } }
  return { answer, provider: { exhausted: exhausted.promise, cancelled: cancelled.promise } }
}

describe('an SDK on top', () => {
  /** The layer between the official client and a real server that always answers well. */
  async function ask(settings: ChaosSettings, ask: (client: OpenAI) => Promise<unknown>) {
    let requests = 0
    const server = createServer((_, response) => {
      requests++
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const layer: ModelLayer = chaosModelLayer(controller(settings))
    let attempts = 0
    const client = new OpenAI({
      apiKey: 'none',
      baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      fetch: async (input, init) => {
        attempts++
        const send = async () => modelResult({ body: { text: await (await fetch(input, init)).text() } })
        return toResponse(await layer(modelCall(), send))
      },
    })
    try {
      return { outcome: await ask(client).catch((error: unknown) => error), attempts, requests }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  const chat = (client: OpenAI) =>
    client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Say it' }] })

  it('raises its own rate limit error, and does not reach the provider', async () => {
    const { outcome, attempts, requests } = await ask({ mode: 'throttle', retryAfterMs: 0 }, chat)
    expect(outcome).toBeInstanceOf(OpenAI.RateLimitError)
    expect(outcome).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    expect({ attempts, requests }).toEqual({ attempts: 3, requests: 0 })
  })

  it('raises its own server error in an outage', async () => {
    const { outcome } = await ask({ mode: 'outage' }, (client) => chat(client.withOptions({ maxRetries: 0 })))
    expect(outcome).toBeInstanceOf(OpenAI.InternalServerError)
  })

  it('cannot read a spoiled answer', async () => {
    const { outcome, requests } = await ask({ mode: 'malformed' }, chat)
    expect(outcome).toBeInstanceOf(OpenAI.InternalServerError)
    expect(outcome).toMatchObject({ status: 502, code: 'malformed_response' })
    expect(requests).toBe(1)
  })
})

describe('at a tool call', () => {
  async function useTool(settings: ChaosSettings, value: unknown) {
    let calls = 0
    const around = chaosAroundTool(controller(settings))
    const run = async () => {
      calls++
      return value
    }
    const acting = (async () => around({ tool: 'lookup', tenant: 'contoso' }, run))()
    const outcome = await acting.catch((error: unknown) => error)
    return { outcome, calls }
  }

  it('an outage is thrown before the function runs', async () => {
    expect(await useTool({ mode: 'outage' }, 1)).toEqual({ outcome: new ChaosOutage('lookup'), calls: 0 })
  })

  it('a throttling is thrown before the function runs', async () => {
    expect(await useTool({ mode: 'throttle' }, 1)).toEqual({ outcome: new ChaosThrottled('lookup', 1000), calls: 0 })
  })

  it('a malformed answer is half of what the function returned', async () => {
    const { outcome, calls } = await useTool({ mode: 'malformed' }, { city: 'Paris' })
    expect(outcome).toBe('{"city":')
    expect(calls).toBe(1)
  })

  it('a latency spike lets the function answer, later', async () => {
    expect(await useTool({ mode: 'latency-spike', delayMs: 1 }, 1)).toEqual({ outcome: 1, calls: 1 })
  })

  it('a latency spike beyond the timeout leaves an effect started, as its error says', async () => {
    let calls = 0
    const atOnce = (act: () => void) => {
      queueMicrotask(act)
      return () => {}
    }
    const around = chaosAroundTool(controller({ mode: 'latency-spike', delayMs: 50 }))
    const pay = createToolFactory({ around, timing: { after: atOnce, monotonicMs: () => 0 } })({
      name: 'pay',
      description: 'Pays',
      parameters: { type: 'object' },
      run: async () => ++calls,
    })
    await expect(pay.call({})).rejects.toThrow('pay was started, and whether it took effect is not known.')
    expect(calls).toBe(1)
  })

  it('nothing happens to a tool out of scope', async () => {
    expect((await useTool({ mode: 'outage', tools: ['refund'] }, 1)).outcome).toBe(1)
  })
})
