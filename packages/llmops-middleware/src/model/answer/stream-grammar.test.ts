import { createParser, type EventSourceMessage } from 'eventsource-parser'
import OpenAI from 'openai'
import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { describe, expect, it } from 'vitest'
import { startProvider } from '../../../test/support/provider.ts'
import { createRateCard } from '../../pricing/index.ts'
import { type Completion, createGovernedFetch } from '../index.ts'

function governed(provider?: typeof fetch) {
  const completions: Completion[] = []
  const { fetch, drain } = createGovernedFetch({
    rateCard: createRateCard(),
    defaultTenant: 'contoso',
    ...(provider && { fetch: provider }),
    layers: [
      async (call, next) => {
        const result = await next(call)
        void result.completion.then((completion) => completions.push(completion))
        return result
      },
    ],
  })
  return { fetch, drain, completions }
}

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  model: 'gpt-4o-mini',
  choices: [{ index: 0, delta, finish_reason }],
})
const USAGE = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }
const request = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hi' }], stream: true as const }

/** What a parser that is not ours reads in a text: the one that the AI SDK reads with. */
function eventsOf(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  // It takes decoded text, and the mark is the decoder's to remove.
  parser.feed(text.replace(/^\uFEFF/, ''))
  return events
}

async function read(bytes: readonly Uint8Array[]) {
  const { fetch, drain, completions } = governed(async () => {
    const body = new ReadableStream({
      start(controller) {
        for (const piece of bytes) controller.enqueue(piece)
        controller.close()
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  })
  const response = await fetch('http://127.0.0.1:9/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(request),
  })
  const text = await response.text()
  await drain()
  return { text, completion: completions[0] }
}

/** A line as the standard allows it, without its end. */
const nothing = fc.constantFrom(
  ': OPENROUTER PROCESSING',
  ':',
  'id: 7',
  'retry: 10',
  'event: message',
  'unknown: field',
)
const colon = fc.constantFrom('data:', 'data: ')
const event = (value: object) =>
  fc
    .record({ before: fc.array(nothing, { maxLength: 2 }), colon, isPretty: fc.boolean() })
    .map(({ before, colon, isPretty }) => [
      ...before,
      // A line of data for each line of the JSON.
      ...(isPretty ? JSON.stringify(value, null, 1) : JSON.stringify(value)).split('\n').map((line) => colon + line),
      '',
    ])
const keepAlive = fc.constantFrom([''], [': ping', ''], ['event: ping', ''])
const stream = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }).chain((content) => event(chunk({ content }))),
      keepAlive,
    ),
    {
      maxLength: 6,
    },
  )
  .chain((texts) => fc.tuple(fc.constant(texts.flat()), event(chunk({}, 'stop')), event(USAGE)))
  .map(([texts, stop, usage]) => [...texts, ...stop, ...usage, 'data: [DONE]', ''])

/** The text of the lines, each with an end of its own. */
function joinLines(lines: readonly string[], ends: readonly string[]): string {
  let text = ''
  for (const [index, line] of lines.entries()) {
    const end = ends[index % ends.length]!
    // Behind a carriage return a line feed would belong to it, and make no line.
    text += line + (line === '' && end === '\n' && text.endsWith('\r') ? '\r' : end)
  }
  return text
}

function cutBytes(bytes: Buffer, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

describe('an event stream', () => {
  it('says the same to another parser before and behind us, whatever its line ends and however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        stream,
        fc.array(fc.constantFrom('\n', '\r\n', '\r'), { minLength: 1, maxLength: 5 }),
        // Two cuts in one place leave an empty chunk between them.
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.boolean(),
        async (lines, ends, cuts, hasMark) => {
          const text = (hasMark ? '\uFEFF' : '') + joinLines(lines, ends)
          const { text: handedOn, completion } = await read(cutBytes(Buffer.from(text), [...cuts, ...cuts.slice(0, 3)]))
          expect(eventsOf(handedOn)).toEqual(eventsOf(text))
          expect(completion).toMatchObject({ status: 'completed', usage: { inputTokens: 3, outputTokens: 2 } })
        },
      ),
      { numRuns: sized({ test: 300, soak: 20_000 }) },
    )
  })

  it('is broken by an event that ends early, at every position', async () => {
    const events = [
      chunk({ content: 'Pay ' }),
      chunk({ content: '10' }),
      chunk({ content: '0' }),
      chunk({}, 'stop'),
      USAGE,
    ]
    const texts = events.map((event) => JSON.stringify(event))
    await fc.assert(
      fc.asyncProperty(fc.nat(texts.length - 1), fc.nat(), fc.array(fc.nat()), async (index, length, cuts) => {
        const cut = texts[index]!.slice(0, 1 + (length % (texts[index]!.length - 1)))
        const text = [...texts.with(index, cut), '[DONE]'].map((data) => `data: ${data}\n\n`).join('')
        await expect(read(cutBytes(Buffer.from(text), cuts))).rejects.toMatchObject({ code: 'stream_broken' })
      }),
      { numRuns: sized({ test: 300, soak: 20_000 }) },
    )
  })

  it('keeps the characters that an empty chunk cuts in two', async () => {
    const bytes = Buffer.from(`data: ${JSON.stringify(chunk({ content: '日本語😀' }, 'stop'))}\n\n`)
    const at = bytes.indexOf('日') + 1
    const pieces = [bytes.subarray(0, at), new Uint8Array(), bytes.subarray(at)]
    expect((await read(pieces)).text).toContain('日本語😀')
  })

  it('passes on the comments that keep a connection alive', async () => {
    const text = `: ping\n\ndata: ${JSON.stringify(chunk({ content: 'Hi' }, 'stop'))}\n\n: ping\n\n`
    expect((await read([Buffer.from(text)])).text).toBe(text)
  })
})

type Scripted = {
  readonly chunks: readonly (string | Uint8Array)[]
  /** `null` sends none. */
  readonly contentType: string | null
  readonly staysOpen?: boolean
}

/** A provider that writes the chunks one after the other, each when the one before has left. */
const startScripted = ({ chunks, contentType, staysOpen = false }: Scripted) =>
  startProvider(async (response) => {
    response.writeHead(200, contentType === null ? {} : { 'content-type': contentType })
    for (const chunk of chunks) await new Promise((resolve) => response.write(chunk, resolve))
    if (!staysOpen) response.end()
  })

async function contentOf(client: OpenAI): Promise<string> {
  let text = ''
  for await (const { choices } of await client.chat.completions.create(request)) text += choices[0]?.delta.content ?? ''
  return text
}

const HELLO = ['Hel', 'lo'].map((content) => `data: ${JSON.stringify(chunk({ content }))}\n\n`)
const WHOLE = [...HELLO, `data: ${JSON.stringify(chunk({}, 'stop'))}\n\n`, `data: ${JSON.stringify(USAGE)}\n\n`]
const DONE = 'data: [DONE]\n\n'
const TYPES = ['Text/Event-Stream', 'text/plain', 'application/json', 'application/octet-stream', '', null]

describe('a stream that was asked for', () => {
  it.each(TYPES)('is read as one when its content type is %j, and charged what the provider says', async (type) => {
    const { url } = await startScripted({ contentType: type, chunks: [...WHOLE, DONE] })
    const { fetch, completions, drain } = governed()
    const options = { baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 }
    expect(await contentOf(new OpenAI(options))).toBe('Hello')
    expect(await contentOf(new OpenAI({ ...options, fetch }))).toBe('Hello')
    await drain()
    expect(completions).toMatchObject([{ status: 'completed', usage: { inputTokens: 3, outputTokens: 2 } }])
  })

  it('is known by its first line, in whatever pieces that comes', async () => {
    const bytes = Buffer.from(`\uFEFF\r\n: hi\n\n${WHOLE.join('')}`)
    const chunks = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1))
    const { url } = await startScripted({ contentType: 'text/plain', chunks })
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: governed().fetch })
    expect(await contentOf(client)).toBe('Hello')
  })

  it('comes as it is written, not when it is whole, whatever its content type', async () => {
    const { url } = await startScripted({ contentType: 'application/json', chunks: HELLO, staysOpen: true })
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: governed().fetch })
    for await (const { choices } of await client.chat.completions.create(request)) {
      if (choices[0]?.delta.content === 'lo') return
    }
    expect.unreachable()
  })

  it('is JSON where a provider answers with that instead', async () => {
    const answer = { model: 'gpt-4o-mini', choices: [{ finish_reason: 'stop' }], usage: USAGE.usage }
    const chunks = [' {', JSON.stringify(answer).slice(1)]
    const { url } = await startScripted({ contentType: 'application/json', chunks })
    const { fetch, completions, drain } = governed()
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(request) })
    expect(await response.json()).toEqual(answer)
    await drain()
    expect(completions).toMatchObject([{ status: 'completed', usage: { inputTokens: 3, outputTokens: 2 } }])
  })

  it.each(['<html>', 'error 502 from upstream', ''])('is an error with a code when it is %j', async (text) => {
    const { url } = await startScripted({ contentType: 'text/plain', chunks: text === '' ? [] : [text] })
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: governed().fetch })
    await expect(contentOf(client)).rejects.toMatchObject({ status: 502, code: 'malformed_response' })
  })
})

it('an answer of JSON is read behind a byte order mark, as the SDK alone reads it', async () => {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }]
  const answer = { ...USAGE, model: 'gpt-4o-mini', choices }
  const chunks = ['\uFEFF', JSON.stringify(answer)]
  const { url } = await startScripted({ contentType: 'application/json', chunks })
  const { fetch, completions, drain } = governed()
  const options = { baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 }
  const ask = (client: OpenAI) => client.chat.completions.create({ ...request, stream: false })
  expect(await ask(new OpenAI({ ...options, fetch }))).toEqual(await ask(new OpenAI(options)))
  await drain()
  expect(completions).toMatchObject([{ status: 'completed', usage: { inputTokens: 3, outputTokens: 2 } }])
})
