import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { eventsOf } from '../../../test/support/provider.ts'
import { RecordedTelemetry } from '../../../test/support/recorded-telemetry.ts'
import { createLlmOps, type LlmOpsOptions, StreamBrokenError } from '../../index.ts'
import { createSli } from '../../sli/index.ts'

const messages = [{ role: 'user' as const, content: 'Hello' }]
const TEXT = { delta: { content: 'Hi' }, finish_reason: null }
const STOP = { delta: {}, finish_reason: 'stop' }
const chunk = (choice: object, index = 0) => eventsOf({ id: 'c', model: 'gpt-4o', choices: [{ index, ...choice }] })
const DONE = eventsOf('[DONE]')
const BROKEN = 'stream_broken'

/** What an SDK's caller sees of a stream with this text, from this host. */
async function ask(baseURL: string, text: string, { n = 1, ...options }: LlmOpsOptions & { n?: number } = {}) {
  const telemetry = new RecordedTelemetry()
  const headers = { 'content-type': 'text/event-stream' }
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 1 },
    sli: createSli({ meter: telemetry.meter }),
    fetch: async () => new Response(text, { headers }),
    ...options,
  })
  const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  let content = ''
  let error: unknown
  try {
    const request = { model: 'gpt-4o', messages, max_completion_tokens: 9, n }
    for await (const { choices } of await client.chat.completions.create({ ...request, stream: true })) {
      content += choices[0]?.delta.content ?? ''
    }
  } catch (caught) {
    error = caught
  }
  await ops.close()
  const unfinished = (await telemetry.points('agent.model.unfinished')).map(({ value }) => value)
  return { content, code: (error as StreamBrokenError | undefined)?.code, unfinished: unfinished[0] ?? 0 }
}

const OPENAI = 'https://api.openai.com/v1'
const ELSEWHERE = 'http://models.example/v1'
const KNOWN = [
  OPENAI,
  'https://eu.api.openai.com/v1',
  'https://a.openai.azure.com/openai/v1',
  'https://a.services.ai.azure.com/openai/v1',
  'https://gateway.example/openai/deployments/gpt-4o',
  'https://api.mistral.ai/v1',
  'https://api.deepseek.com/v1',
  'https://api.x.ai/v1',
  'https://generativelanguage.googleapis.com/v1beta/openai',
]
const UNKNOWN = [ELSEWHERE, 'https://api.groq.com/openai/v1', 'https://azure.com.example/v1', 'http://127.0.0.1:1/v1']

describe('a stream that says [DONE] without a reason to finish', () => {
  it.each(KNOWN)('is cut where its host always says one: %s', async (baseURL) => {
    expect(await ask(baseURL, chunk(TEXT) + DONE)).toEqual({ content: 'Hi', code: BROKEN, unfinished: 0 })
  })

  it.each(UNKNOWN)('is whole elsewhere, and counted: %s', async (baseURL) => {
    expect(await ask(baseURL, chunk(TEXT) + DONE)).toEqual({ content: 'Hi', code: undefined, unfinished: 1 })
  })

  it('is no more counted than cut where the reason came', async () => {
    const whole = { content: 'Hi', code: undefined, unfinished: 0 }
    for (const baseURL of [OPENAI, ELSEWHERE]) {
      expect(await ask(baseURL, chunk(TEXT) + chunk(STOP) + DONE)).toEqual(whole)
      expect(await ask(baseURL, chunk(TEXT) + chunk(STOP))).toEqual(whole)
    }
  })

  it('is cut anywhere where the application requires one, and whole where it ignores that', async () => {
    for (const baseURL of [OPENAI, ELSEWHERE]) {
      const text = chunk(TEXT) + DONE
      expect(await ask(baseURL, text, { finish: 'require' })).toMatchObject({ code: BROKEN, unfinished: 0 })
      expect(await ask(baseURL, text, { finish: 'ignore' })).toMatchObject({ code: undefined, unfinished: 1 })
    }
  })

  it('is decided by the target of a route, by its position and its own option', async () => {
    const text = chunk(TEXT) + DONE
    const through = (target: object, finish?: 'require' | 'ignore') =>
      ask(ELSEWHERE, text, {
        route: { targets: [{ name: 'only', model: 'gpt-4o', ...target }] },
        ...(finish && { finish }),
      })
    expect(await through({})).toMatchObject({ code: undefined })
    expect(await through({ baseUrl: OPENAI })).toMatchObject({ code: BROKEN })
    expect(await through({ baseUrl: OPENAI, finish: 'ignore' })).toMatchObject({ code: undefined })
    expect(await through({ finish: 'auto' }, 'require')).toMatchObject({ code: undefined })
    expect(await through({ finish: 'require' }, 'ignore')).toMatchObject({ code: BROKEN })
  })
})

describe('a stream that ends without a reason to finish and without [DONE]', () => {
  it('is cut on any host, unless the application ignores it', async () => {
    for (const baseURL of [OPENAI, ELSEWHERE]) {
      expect(await ask(baseURL, chunk(TEXT))).toMatchObject({ content: 'Hi', code: BROKEN })
      expect(await ask(baseURL, chunk(TEXT), { finish: 'require' })).toMatchObject({ code: BROKEN })
      const ignored = { content: 'Hi', code: undefined, unfinished: 1 }
      expect(await ask(baseURL, chunk(TEXT), { finish: 'ignore' })).toEqual(ignored)
    }
  })

  it('is broken where its connection breaks, whatever is ignored', async () => {
    let pulled = false
    const pull = (controller: ReadableStreamDefaultController) => {
      if (pulled) return controller.error(new TypeError('terminated'))
      pulled = true
      controller.enqueue(new TextEncoder().encode(chunk(TEXT)))
    }
    const headers = { 'content-type': 'text/event-stream' }
    const fetch = async () => new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers })
    expect(await ask(ELSEWHERE, '', { finish: 'ignore', fetch })).toMatchObject({ content: 'Hi', code: BROKEN })
  })

  it('is broken at an event that cannot be read, whatever is ignored', async () => {
    const text = `${chunk(TEXT)}data: {"id":\n\n${chunk(STOP)}${DONE}`
    expect(await ask(ELSEWHERE, text, { finish: 'ignore' })).toMatchObject({ code: BROKEN, unfinished: 0 })
  })
})

describe('a stream of fewer choices than were asked for', () => {
  const one = chunk(TEXT) + chunk(STOP) + DONE

  it('is whole where the server may not know of choices, and cut where it does', async () => {
    expect(await ask(ELSEWHERE, one, { n: 3 })).toEqual({ content: 'Hi', code: undefined, unfinished: 1 })
    expect(await ask(OPENAI, one, { n: 3 })).toMatchObject({ code: BROKEN })
    expect(await ask(OPENAI, chunk(STOP, 2) + chunk(STOP, 1) + one, { n: 3 })).toMatchObject({ code: undefined })
  })
})

describe('what the formats of Responses and of Anthropic promise', () => {
  it('is required of their own hosts, and [DONE] alone will do elsewhere', async () => {
    const headers = { 'content-type': 'text/event-stream' }
    const delta = { type: 'response.output_text.delta', item_id: 'm', output_index: 0, content_index: 0, delta: 'Hi' }
    const text = eventsOf(delta, '[DONE]')
    const codeAt = async (baseURL: string) => {
      const ops = createLlmOps({ defaultTenant: 'contoso', fetch: async () => new Response(text, { headers }) })
      const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
      try {
        for await (const _ of await client.responses.create({ model: 'gpt-4o', input: 'Hello', stream: true }));
        return undefined
      } catch (error) {
        return (error as StreamBrokenError).code
      }
    }
    expect(await codeAt(OPENAI)).toBe(BROKEN)
    expect(await codeAt(ELSEWHERE)).toBeUndefined()
  })

  it('is kept by the last event of a message, which a gateway has to send too', async () => {
    const start = {
      type: 'message_start',
      message: { id: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } },
    }
    const text = `event: message_start\n${eventsOf(start)}`
    const fetch = async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } })
    const ops = createLlmOps({ defaultTenant: 'contoso', fetch })
    const client = new Anthropic({ baseURL: 'http://models.example', apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    const request = { model: 'claude-haiku-4-5', max_tokens: 9, messages }
    const read = async () => {
      for await (const _ of await client.messages.create({ ...request, stream: true }));
    }
    await expect(read()).rejects.toBeInstanceOf(StreamBrokenError)
  })
})

describe('the usage event of a stream whose application did not ask for it', () => {
  const usage = eventsOf({ id: 'c', model: 'gpt-4o', choices: [], usage: { prompt_tokens: 9, completion_tokens: 1 } })
  const text = chunk(TEXT) + chunk(STOP) + usage + DONE
  const bodyFrom = async (baseURL: string, request: object = {}) => {
    const headers = { 'content-type': 'text/event-stream' }
    const ops = createLlmOps({ defaultTenant: 'contoso', fetch: async () => new Response(text, { headers }) })
    const body = JSON.stringify({ model: 'gpt-4o', messages, stream: true, ...request })
    return (await ops.fetch(`${baseURL}/chat/completions`, { method: 'POST', body })).text()
  }
  const AZURE = KNOWN.filter((url) => /azure|deployments/.test(url))

  it.each([OPENAI, 'https://us.api.openai.com/v1', ...AZURE])(
    'is withheld where it comes only when asked for: %s',
    async (host) => {
      expect(await bodyFrom(host)).toBe(text.replace(usage, ''))
      expect(await bodyFrom(host, { stream_options: { include_usage: true } })).toBe(text)
    },
  )

  it.each([...UNKNOWN, 'https://api.x.ai/v1', 'https://api.mistral.ai/v1'])(
    'passes where it comes unasked: %s',
    async (host) => {
      expect(await bodyFrom(host)).toBe(text)
    },
  )
})
