import OpenAI from 'openai'
import { Response as OtherResponse } from 'undici'
import { describe, expect, it } from 'vitest'
import { eventsOf, startProvider } from '../../test/support/provider.ts'
import { TRANSPORTS } from '../../test/support/transports.ts'
import { createLlmOps } from '../index.ts'

const messages = [{ role: 'user' as const, content: 'Hello' }]
const request = { model: 'gpt-4o', messages, max_completion_tokens: 50 }
const usage = { prompt_tokens: 5, completion_tokens: 2 }
const ANSWER = { model: 'gpt-4o', choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }], usage }
const chunk = (content: string, finish: string | null = null) => ({
  model: 'gpt-4o',
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
})
const WHOLE = eventsOf(chunk('Hi'), chunk('', 'stop'), { model: 'gpt-4o', choices: [], usage })
const EVENTS = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }

function governing(fetch: typeof globalThis.fetch) {
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 10 }, fetch })
  const openai = new OpenAI({ baseURL: 'http://models.example/v1', apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  const account = async () => {
    await ops.close()
    return ops.budget.read('contoso')
  }
  return { ops, openai, account }
}

async function textOf(openai: OpenAI): Promise<string> {
  let text = ''
  for await (const { choices } of await openai.chat.completions.create({ ...request, stream: true })) {
    text += choices[0]?.delta.content ?? ''
  }
  return text
}

describe('a fetch of the application', () => {
  it('may answer with a Response of another realm', async () => {
    const { openai, account } = governing((async (_: string, init: RequestInit) =>
      String(init.body).includes('"stream":true')
        ? new OtherResponse(WHOLE, { headers: EVENTS })
        : new OtherResponse(JSON.stringify(ANSWER), { headers: JSON_TYPE })) as never)
    const { data, response } = await openai.chat.completions.create(request).withResponse()
    expect(data.choices).toEqual(ANSWER.choices)
    expect(response).toBeInstanceOf(Response)
    expect(await textOf(openai)).toBe('Hi')
    expect(await account()).toMatchObject({ spentUsd: 2 * 0.0000325, heldUsd: 0 })
  })

  it('may answer with an object that has a text and no body, as doubles in tests do', async () => {
    const double = { ok: true, status: 200, headers: new Headers(JSON_TYPE), text: async () => JSON.stringify(ANSWER) }
    const { openai, account } = governing(async () => double as Response)
    expect((await openai.chat.completions.create(request)).choices).toEqual(ANSWER.choices)
    expect(await account()).toMatchObject({ spentUsd: 0.0000325, heldUsd: 0 })
  })

  it('may throw at once, and then nothing is held or spent', async () => {
    const { openai, account } = governing(() => {
      throw new RangeError('not today')
    })
    await expect(openai.chat.completions.create(request)).rejects.toMatchObject({ cause: { message: 'not today' } })
    expect(await account()).toMatchObject({ spentUsd: 0, heldUsd: 0 })
  })

  it('may answer after its caller has left, who does not wait for it, and its answer is cancelled', async () => {
    const late = Promise.withResolvers<Response>()
    const controller = new AbortController()
    let isCancelled = false
    const { openai, account } = governing(() => {
      queueMicrotask(() => controller.abort())
      return late.promise
    })
    const left = openai.chat.completions.create({ ...request, stream: true }, { signal: controller.signal })
    await expect(left).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
    const cancel = () => {
      isCancelled = true
    }
    late.resolve(new Response(new ReadableStream({ cancel }), { headers: EVENTS }))
    await expect.poll(() => isCancelled).toBe(true)
    const { spentUsd, heldUsd } = await account()
    // It may have generated all of it, and nobody tells.
    expect(spentUsd).toBeGreaterThan(0)
    expect(heldUsd).toBe(0)
  })

  it('may fail after its caller has left, without an unhandled rejection', async () => {
    const late = Promise.withResolvers<Response>()
    const controller = new AbortController()
    const { openai, account } = governing(() => {
      queueMicrotask(() => controller.abort())
      return late.promise
    })
    const left = openai.chat.completions.create(request, { signal: controller.signal })
    await expect(left).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
    late.reject(new TypeError('fetch failed'))
    expect(await account()).toMatchObject({ heldUsd: 0 })
  })

  it.each([
    ['whole', JSON.stringify(ANSWER), JSON_TYPE],
    ['streamed', WHOLE, EVENTS],
  ])('may give one Response twice, which is an error the second time, as without us: %s', async (_, body, headers) => {
    const same = new Response(body, { headers })
    const { openai, account } = governing(async () => same)
    const ask = () =>
      headers === EVENTS ? textOf(openai) : openai.chat.completions.create(request).then((answer) => answer.id)
    await ask()
    await expect(ask()).rejects.toThrow()
    expect(await account()).toMatchObject({ heldUsd: 0 })
  })

  it('may answer with a body that never ends for one who leaves it', async () => {
    const controller = new AbortController()
    const body = new ReadableStream({ pull: () => new Promise(() => {}) })
    const { openai, account } = governing(async () => {
      queueMicrotask(() => controller.abort())
      return new Response(body, { headers: JSON_TYPE })
    })
    const left = openai.chat.completions.create(request, { signal: controller.signal })
    await expect(left).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
    expect(await account()).toMatchObject({ heldUsd: 0 })
  })
})

describe.each(TRANSPORTS)('over %s', (_, transport) => {
  const seen = async (text: string, trailers: Record<string, string> = {}) => {
    const { url } = await startProvider((response) => {
      response.writeHead(200, { ...EVENTS, trailer: Object.keys(trailers).join(', ') || 'none' })
      response.write(text)
      response.addTrailers(trailers)
      response.end()
    })
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 10 }, fetch: transport() })
    const body = JSON.stringify({ ...request, stream: true })
    const read = async (fetch: typeof globalThis.fetch) =>
      (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: JSON_TYPE, body })).text()
    const both = [await read(fetch), await read(ops.fetch)]
    await ops.close()
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd: 0.0000325, heldUsd: 0 })
    return both
  }

  it.each([
    ['[DONE] twice', `${WHOLE}data: [DONE]\n\ndata: [DONE]\n\n`],
    ['events behind its end', `${WHOLE}data: [DONE]\n\n${eventsOf(chunk(' there'))}`],
    ['comments behind its end', `${WHOLE}data: [DONE]\n\n: bye\n\n\n\n`],
  ])('a stream with %s is passed on as it came', async (_, text) => {
    expect(await seen(text)).toEqual([text, text])
  })

  it('trailers are no part of a stream', async () => {
    const text = `${WHOLE}data: [DONE]\n\n`
    expect(await seen(text, { 'x-checksum': 'abc' })).toEqual([text, text])
  })

  it('a request behind a byte order mark is governed', async () => {
    const { url, bodies } = await startProvider((response) => {
      response.writeHead(200, JSON_TYPE).end(JSON.stringify(ANSWER))
    })
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 10 }, fetch: transport() })
    const body = `\uFEFF${JSON.stringify(request)}`
    const response = await ops.fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: JSON_TYPE, body })
    expect(await response.json()).toEqual(ANSWER)
    expect(JSON.parse(bodies[0]!.replace('\uFEFF', ''))).toEqual(request)
    await ops.close()
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd: 0.0000325, heldUsd: 0 })
  })
})
