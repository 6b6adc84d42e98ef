import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { streamText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { eventsOf, startProvider } from '../../../test/support/provider.ts'
import { createRateCard } from '../../pricing/index.ts'
import { type Completion, createGovernedFetch, StreamBrokenError } from '../index.ts'

/** A fetch that governs, and the one completion of the call that was made with it. */
function governed() {
  const completions: Completion[] = []
  const { fetch, drain } = createGovernedFetch({
    rateCard: createRateCard(),
    defaultTenant: 'contoso',
    layers: [
      async (call, next) => {
        const result = await next(call)
        void result.completion.then((completion) => completions.push(completion))
        return result
      },
    ],
  })
  const completion = async () => {
    await drain()
    expect(completions).toHaveLength(1)
    return completions[0]!
  }
  return { fetch, completion }
}

/** What an SDK's caller saw: the texts and events it was handed, and what was thrown then. */
type Seen = { readonly parts: unknown[]; readonly error?: Error }
type Sdk = (url: string, fetch: typeof globalThis.fetch) => Promise<Seen>

async function seenIn<T>(start: () => Promise<AsyncIterable<T>>, partOf: (event: T) => unknown): Promise<Seen> {
  const parts: unknown[] = []
  try {
    for await (const event of await start()) {
      const part = partOf(event)
      if (part !== undefined) parts.push(part)
    }
    return { parts }
  } catch (error) {
    return { parts, error: error as Error }
  }
}

const messages = [{ role: 'user' as const, content: 'Pay ada' }]
const openaiOf = (url: string, fetch: typeof globalThis.fetch) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, logLevel: 'off', fetch })

const openAiChat: Sdk = (url, fetch) =>
  seenIn(
    () => openaiOf(url, fetch).chat.completions.create({ model: 'gpt-4o', messages, stream: true }),
    ({ choices }) => choices?.[0]?.delta?.content || choices?.[0]?.finish_reason || undefined,
  )

const openAiResponses: Sdk = (url, fetch) =>
  seenIn(
    () => openaiOf(url, fetch).responses.create({ model: 'gpt-4o', input: 'Pay ada', stream: true }),
    (event) => event,
  )

const anthropic: Sdk = (url, fetch) =>
  seenIn(
    () =>
      new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0, logLevel: 'off', fetch }).messages.create({
        model: 'claude-haiku-4-5',
        max_tokens: 100,
        messages,
        stream: true,
      }),
    (event) => event,
  )

function aiSdk(kind: 'chat' | 'responses'): Sdk {
  return (url, fetch) => {
    const model = createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch })[kind]('gpt-4o')
    const start = async () => streamText({ model, prompt: 'Pay ada', maxRetries: 0, onError: () => {} }).fullStream
    return seenIn(start, (part) => {
      if (part.type === 'text-delta') return part.text
      if (part.type === 'error') return { error: String((part.error as Error)?.message ?? JSON.stringify(part.error)) }
      return part.type === 'finish' ? { finish: part.finishReason } : undefined
    })
  }
}

/** What the SDK's caller sees without us, with us, and how we say that the call ended. */
async function compare(sdk: Sdk, text: string) {
  const { url } = await startProvider((response) => {
    // The SDK's errors hold the headers, and both calls are to hold the same.
    response.sendDate = false
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)
  })
  const { fetch, completion } = governed()
  const bare = await sdk(url, globalThis.fetch)
  return { bare, governed: await sdk(url, fetch), completion: await completion() }
}

const chunk = (delta: object, rest: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, delta, finish_reason: null, ...rest }],
})
const named = (...events: { readonly type: string }[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

const PAY = eventsOf(chunk({ role: 'assistant', content: '' }), chunk({ content: 'Pay ' }))
const STOP = eventsOf(chunk({}, { finish_reason: 'stop' }))
const EURO = eventsOf(chunk({ content: ' euro' })) + STOP + eventsOf('[DONE]')
const HALF_CHUNK = '{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"100"'
const RESPONSE = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-4o', output: [] }
const delta = (delta: string) => ({
  type: 'response.output_text.delta',
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  delta,
})
const CREATED = named({ type: 'response.created', response: { ...RESPONSE, status: 'in_progress' } } as never)
const PAY_RESPONSE = CREATED + named(delta('Pay '))
const COMPLETED = named({ type: 'response.completed', response: { ...RESPONSE, status: 'completed' } } as never)
const MESSAGE_START = named({
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude-haiku-4-5', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
} as never)
const block = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
const PAY_MESSAGE = MESSAGE_START + named(block('Pay '))
const MESSAGE_STOP = named({ type: 'message_delta', delta: { stop_reason: 'end_turn' } } as never, {
  type: 'message_stop',
})

describe('a stream with an event that cannot be read', () => {
  it.each([
    ['chat, half a chunk', openAiChat, PAY + eventsOf(HALF_CHUNK) + EURO],
    ['chat, a text', openAiChat, `${PAY}data: upstream error 502\n\n${EURO}`],
    [
      'chat, a line feed in a text',
      openAiChat,
      PAY + eventsOf(chunk({ content: '1_0' })).replace('_', '\ndata: ') + EURO,
    ],
    ['chat, half a chunk as its end', openAiChat, `${PAY}data: ${HALF_CHUNK}`],
    ['chat, half a chunk behind its last', openAiChat, PAY + STOP + eventsOf(HALF_CHUNK, '[DONE]')],
    ['chat of the AI SDK', aiSdk('chat'), PAY + eventsOf(HALF_CHUNK) + EURO],
    [
      'a response',
      openAiResponses,
      `${PAY_RESPONSE}event: x\ndata: {"type":"resp\n\n${named(delta('euro'))}${COMPLETED}`,
    ],
    ['a response of the AI SDK', aiSdk('responses'), `${PAY_RESPONSE}data: {"type":"resp\n\n${COMPLETED}`],
    ['a message', anthropic, `${PAY_MESSAGE}event: content_block_delta\ndata: {"type":"con\n\n${MESSAGE_STOP}`],
  ] satisfies [string, Sdk, string][])('is an error, and what came before it is told: %s', async (_, sdk, text) => {
    const { bare, governed, completion } = await compare(sdk, text)
    const isToldIn = ({ parts, error }: Seen) => error !== undefined || JSON.stringify(parts).includes('"error":')
    expect([isToldIn(bare), isToldIn(governed)]).toEqual([true, true])
    // The AI SDK goes on behind the hole, and loses what it has not yet read of a stream that breaks.
    expect(governed.parts).toEqual(bare.error ? bare.parts : bare.parts.slice(0, governed.parts.length))
    expect(completion).toMatchObject({ status: 'broken', error: { code: 'stream_broken' } })
    expect(completion.error).toHaveProperty('cause', expect.any(SyntaxError))
  })

  it('passes on no tool call that lost a part of its arguments', async () => {
    const call = (text: string) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] })
    const opening = { index: 0, id: 'call_1', type: 'function', function: { name: 'pay', arguments: '{"amount":1' } }
    const text =
      eventsOf(chunk({ role: 'assistant', tool_calls: [opening] })) +
      eventsOf(JSON.stringify(call('0')).slice(0, -9), call(',"to":"ada"}')) +
      eventsOf(chunk({}, { finish_reason: 'tool_calls' }), '[DONE]')
    const { url } = await startProvider((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)
    })
    const stream = openaiOf(url, governed().fetch).chat.completions.stream({ model: 'gpt-4o', messages })
    await expect(stream.finalChatCompletion()).rejects.toMatchObject({ cause: { code: 'stream_broken' } })
  })

  it('is over at the provider too', async () => {
    let isClosed = false
    const { url } = await startProvider((response) => {
      response.once('close', () => {
        isClosed = true
      })
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(PAY + eventsOf(HALF_CHUNK))
    })
    const { fetch, completion } = governed()
    expect((await openAiChat(url, fetch)).error).toBeInstanceOf(StreamBrokenError)
    expect(await completion()).toMatchObject({ status: 'broken', usageSource: 'estimated', usage: { outputTokens: 1 } })
    await expect.poll(() => isClosed).toBe(true)
  })

  it.each([
    ['JSON of no shape that is known', 'data: [1]\n\ndata: 7\n\ndata: null\n\n'],
    ['no data', 'data:\n\nevent: ping\n\n: hi\n\n'],
  ])('is none with %s, which is passed on as it came', async (_, text) => {
    const { url } = await startProvider((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text + PAY + EURO)
    })
    const { fetch, completion } = governed()
    const body = JSON.stringify({ model: 'gpt-4o', messages, stream: true })
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })
    expect(await response.text()).toBe(text + PAY + EURO)
    expect(await completion()).toMatchObject({ status: 'completed' })
  })
})

describe("the provider's own error inside a stream", () => {
  const error = { message: 'Upstream is down', type: 'server_error', code: 'upstream' }
  const CHAT_ERRORS: [string, string][] = [
    ['alone', eventsOf({ error })],
    ['that is a text', eventsOf({ error: 'Upstream is down' })],
    ['with no choices', eventsOf({ ...chunk({}), choices: [], error })],
    ['with null for choices', eventsOf({ ...chunk({}), choices: null, error })],
    ['with a finish reason', eventsOf({ ...chunk({ content: '' }, { finish_reason: 'error' }), error })],
  ]
  const RESPONSE_ERRORS: [string, string][] = [
    ['as an event', named({ type: 'error', code: 'server_error', message: 'Upstream is down' } as never)],
    ['as an event with an error', named({ type: 'error', error } as never)],
    ['without a type', eventsOf({ error })],
    [
      'as a failed response',
      named({ type: 'response.failed', response: { ...RESPONSE, status: 'failed', error } } as never),
    ],
  ]
  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  const MESSAGE_ERRORS: [string, string][] = [
    ['as an event', named(overloaded)],
    ['as a text', 'event: error\ndata: upstream error 502\n\n'],
  ]
  const CASES: [string, Sdk, string, [string, string][]][] = [
    ['chat', openAiChat, PAY, CHAT_ERRORS],
    ['chat of the AI SDK', aiSdk('chat'), PAY, CHAT_ERRORS],
    ['a response', openAiResponses, PAY_RESPONSE, RESPONSE_ERRORS],
    ['a response of the AI SDK', aiSdk('responses'), PAY_RESPONSE, RESPONSE_ERRORS],
    ['a message', anthropic, PAY_MESSAGE, MESSAGE_ERRORS],
  ]
  const EVERY = CASES.flatMap(([format, sdk, text, errors]) =>
    errors.flatMap(([kind, error]): [string, Sdk, string, string][] => [
      [`${format}, ${kind}, then [DONE]`, sdk, text, `${error}data: [DONE]\n\n`],
      [`${format}, ${kind}, then nothing`, sdk, text, error],
    ]),
  )

  it.each(EVERY)('is reported once, as without us: %s', async (_, sdk, text, failure) => {
    const { bare, governed, completion } = await compare(sdk, text + failure)
    expect(governed).toEqual(bare)
    expect(completion).toMatchObject({ status: 'broken', usage: { outputTokens: 1 } })
  })

  it.each(EVERY)('is a failure that cost nothing where it comes first: %s', async (_, sdk, __, failure) => {
    const { bare, governed, completion } = await compare(sdk, failure)
    expect(governed).toEqual(bare)
    expect(completion).toMatchObject({ status: 'failed', costNanos: 0 })
  })

  it('is the end of the stream, without the mark at which SDKs take it for whole', async () => {
    const failure = eventsOf({ error })
    const { url } = await startProvider((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(PAY + failure + eventsOf('[DONE]'))
    })
    const body = JSON.stringify({ model: 'gpt-4o', messages, stream: true })
    const response = await governed().fetch(`${url}/v1/chat/completions`, { method: 'POST', body })
    expect(await response.text()).toBe(PAY + failure)
  })

  it('is reported beside a usage that only we asked for, and charged by it', async () => {
    const usage = { prompt_tokens: 5, completion_tokens: 2 }
    const { bare, governed, completion } = await compare(openAiChat, PAY + eventsOf({ choices: [], usage, error }))
    expect(governed).toEqual(bare)
    expect(completion).toMatchObject({ status: 'broken', usageSource: 'reported', usage: { outputTokens: 2 } })
  })

  it.each([
    ['a finish reason', eventsOf(chunk({}, { finish_reason: 'error' }), '[DONE]')],
    ['the name of an object', eventsOf({ object: 'error', message: 'Upstream is down', code: 502 }, '[DONE]')],
    ['a detail, as FastAPI', eventsOf({ detail: 'Internal Server Error' }, '[DONE]')],
    ['a message, as Mistral', eventsOf({ message: 'Capacity exceeded', type: 'capacity', code: '3505' }, '[DONE]')],
    ['a choice', eventsOf(chunk({}, { error: { code: 502, message: 'Upstream is down' } }), '[DONE]')],
  ])(
    'is reported as a broken stream if only %s says it, because the SDK would take it for an end',
    async (_, failure) => {
      const { bare, governed, completion } = await compare(openAiChat, PAY + failure)
      expect(bare.error).toBeUndefined()
      expect(governed.error).toBeInstanceOf(StreamBrokenError)
      expect(completion.status).toBe('broken')
    },
  )

  it('is reported as a broken stream if an event without a name says it, because the SDK of Anthropic ignores that', async () => {
    const failure = eventsOf({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
    const { bare, governed, completion } = await compare(anthropic, PAY_MESSAGE + failure)
    expect(bare.error).toBeUndefined()
    expect(governed.error).toBeInstanceOf(StreamBrokenError)
    expect(completion.status).toBe('broken')
  })
})

describe('a stream of two choices', () => {
  const ofChoice = (index: number, rest: object = {}) => eventsOf(chunk({ content: 'Pay ' }, { index, ...rest }))
  const twoChoices: Sdk = (url, fetch) =>
    seenIn(
      () => openaiOf(url, fetch).chat.completions.create({ model: 'gpt-4o', messages, stream: true, n: 2 }),
      ({ choices }) => choices[0]?.index,
    )
  const stopped = { finish_reason: 'stop' }

  it('is cut where only one of them has ended, however often it says so', async () => {
    const text = ofChoice(0) + ofChoice(1) + ofChoice(0, stopped) + ofChoice(0, stopped)
    const { governed, completion } = await compare(twoChoices, text)
    expect(governed.error).toBeInstanceOf(StreamBrokenError)
    expect(completion.status).toBe('broken')
  })

  it('is whole where both have ended', async () => {
    const { governed, completion } = await compare(twoChoices, ofChoice(0, stopped) + ofChoice(1, stopped))
    expect(governed.error).toBeUndefined()
    expect(completion).toMatchObject({ status: 'completed', finishReasons: ['stop', 'stop'] })
  })
})

describe('a control character that no JSON has', () => {
  const padded = (content: string, padding: string) =>
    `data: ${JSON.stringify({ ...chunk({ content }), obfuscation: 'PADDING' }).replace('PADDING', padding)}\n\n`
  const first = padded('a', 'aX4') + padded('b', 'q')

  it.each([
    ['in the text', padded('_', 'aX4').replace('_', '\u0001')],
    ['in the padding', padded('c', 'a\u0001X')],
    ['at the end of the padding', padded('c', 'aX\u001f')],
  ])('breaks the stream %s, where only the texts of events differ', async (_, malformed) => {
    const { bare, governed, completion } = await compare(openAiChat, first + malformed + EURO)
    expect(bare.error).toBeInstanceOf(SyntaxError)
    expect(governed.error).toBeInstanceOf(StreamBrokenError)
    expect(governed.parts).toEqual(bare.parts)
    expect(completion.status).toBe('broken')
  })

  it('is none where it is the least that is allowed', async () => {
    const { bare, governed } = await compare(openAiChat, first + padded('c', 'a X') + padded('\u007f', ' ') + EURO)
    expect(bare.error).toBeUndefined()
    expect(governed).toEqual(bare)
  })
})
