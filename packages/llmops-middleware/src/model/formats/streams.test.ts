import { describe, expect, it } from 'vitest'
import type { StreamReader, WireFormat } from '../wire-format.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { openAiChat } from './openai-chat.ts'
import { openAiEmbeddings } from './openai-embeddings.ts'
import { openAiResponses } from './openai-responses.ts'

type Body = Readonly<Record<string, unknown>>

const URLS = new Map<WireFormat, string>([
  [openAiChat, 'https://api.openai.com/v1/chat/completions'],
  [openAiResponses, 'https://api.openai.com/v1/responses'],
  [anthropicMessages, 'https://api.anthropic.com/v1/messages'],
  [openAiEmbeddings, 'https://api.openai.com/v1/embeddings'],
])

function readerOf(format: WireFormat, body: Body = {}): StreamReader {
  return format.streamReader({ url: new URL(URLS.get(format)!), headers: new Headers(), text: '', body })
}

/** Reads each event, of the name of its type where the format names them; returns what became of each. */
function read(reader: StreamReader, ...events: readonly object[]): string[] {
  return events.map((event) => reader.read((event as { type?: string }).type, JSON.stringify(event)))
}

const chunk = (choice: object, rest: object = {}) => ({ id: 'c', model: 'gpt-4o', choices: [choice], ...rest })
const piece = (content: string) => chunk({ index: 0, delta: { content }, finish_reason: null })
const USAGE = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 }

/**
 * platform.openai.com/docs/api-reference/chat-streaming. Through a `fetch` no test can see whether a piece that is like the
 * one before it is parsed or not: that is quicker, and nothing else.
 */
describe('a stream of chat completions', () => {
  it('has begun with its first text or its end, and not with the role', () => {
    const reader = readerOf(openAiChat)
    read(reader, chunk({ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }))
    expect(reader.hasBegun).toBe(false)
    read(reader, piece('Hi'))
    expect(reader.hasBegun).toBe(true)
    const empty = readerOf(openAiChat)
    read(empty, chunk({ index: 0, delta: {}, finish_reason: 'stop' }))
    expect(empty.hasBegun).toBe(true)
  })

  it.each(['', ',"obfuscation":"aXz4"'])(
    'counts a piece that it takes unread as it counts one that it reads, whichever of its bytes is another: padded by %j',
    (padding) => {
      const rawOf = (text: string) =>
        `data: {"id":"c","model":"gpt-4o","choices":[{"index":0,"delta":{"content":"${text}"}}]${padding}}\n\n`
      const readers = () => {
        const reader = readerOf(openAiChat)
        for (const raw of [rawOf('One'), rawOf(' two')]) reader.read(undefined, raw.slice(6, -2), raw)
        return reader
      }
      const raw = Buffer.from(rawOf(' three 4'))
      expect(readers().readPiece!(raw)).toBe(true)
      let taken = 0
      for (let at = 0; at < raw.length; at++) {
        for (const byte of [0, 10, 13, 31, 32, 34, 48, 92, 97, 123, 125, 127, 128, 0xc3, 255]) {
          const piece = Buffer.from(raw)
          piece[at] = byte
          const [taking, reading] = [readers(), readers()]
          if (!taking.readPiece!(piece)) {
            expect(taking.deliveredTokens).toBe(reading.deliveredTokens)
            continue
          }
          taken++
          const text = piece.toString()
          expect([text.slice(0, 6), text.slice(-2)]).toEqual(['data: ', '\n\n'])
          expect(reading.read(undefined, text.slice(6, -2), text)).toBe('forward')
          expect(JSON.parse(text.slice(6))).toMatchObject({ id: 'c', model: 'gpt-4o' })
          expect([taking.deliveredTokens, taking.facts()]).toEqual([reading.deliveredTokens, reading.facts()])
        }
        for (const piece of [
          raw.subarray(0, at),
          raw.subarray(at + 1),
          Buffer.concat([raw, raw.subarray(0, at + 1)]),
        ]) {
          expect(readers().readPiece!(piece)).toBe(false)
        }
      }
      expect(taken).toBeGreaterThan(8)
    },
  )

  it('is complete when each of its choices has ended, and says how, each once', () => {
    const reader = readerOf(openAiChat, { n: 2 })
    read(reader, chunk({ index: 0, delta: {}, finish_reason: 'stop' }), chunk({ delta: {}, finish_reason: 'stop' }))
    expect(reader.isComplete).toBe(false)
    read(reader, chunk({ index: 1, delta: {}, finish_reason: 'length' }))
    expect(reader.isComplete).toBe(true)
    expect(reader.facts()).toEqual({ model: 'gpt-4o', finishReasons: ['stop', 'length'] })
  })

  it('hides the usage that only we asked for, and passes on what the application asked for', () => {
    const last = { id: 'c', model: 'gpt-4o', choices: [], usage: USAGE }
    const ours = readerOf(openAiChat, { stream: true })
    expect(read(ours, piece('Hi'), last)).toEqual(['forward', 'drop'])
    const theirs = readerOf(openAiChat, { stream: true, stream_options: { include_usage: true } })
    expect(read(theirs, piece('Hi'), last)).toEqual(['forward', 'forward'])
    for (const reader of [ours, theirs])
      expect(reader.facts().usage).toMatchObject({ inputTokens: 10, outputTokens: 3 })
    expect(read(readerOf(openAiChat), { id: 'c', usage: USAGE })).toEqual(['drop'])
    // With a choice or an error beside it, the event says more.
    expect(read(readerOf(openAiChat), { ...piece('Hi'), usage: USAGE })).toEqual(['forward'])
    expect(read(readerOf(openAiChat), { ...last, error: { code: 500 } })).toEqual(['forward'])
  })

  it('keeps its counts where a later event has zeros, or counts that cannot be', () => {
    const reader = readerOf(openAiChat)
    const usage = (usage: object | null) => ({ id: 'c', choices: [], usage })
    read(reader, usage(USAGE), usage({ prompt_tokens: 0, completion_tokens: 0 }), usage(null))
    read(reader, usage({ prompt_tokens: 10, completion_tokens: -9 }))
    expect(reader.facts().usage).toMatchObject({ inputTokens: 10, outputTokens: 3 })
  })

  it('counts each piece of text, whether or not it is like the one before it', () => {
    const reader = readerOf(openAiChat)
    const pieces = ['Hello', ' world', ' "', 'it', '"', ' is', '\n', ' me']
    read(reader, ...pieces.map(piece))
    expect(reader.deliveredTokens).toBe(pieces.length)
    const other = { ...piece('x'), system_fingerprint: 'fp' }
    read(reader, other, piece('y'))
    expect(reader.deliveredTokens).toBe(pieces.length + 2)
  })

  it('sees an end, an error and a usage between pieces of text that are all alike', () => {
    const reader = readerOf(openAiChat)
    read(
      reader,
      piece('a'),
      piece('b'),
      chunk({ index: 0, delta: { content: 'c' }, finish_reason: 'stop' }, { usage: USAGE }),
    )
    expect(reader.isComplete).toBe(true)
    expect(reader.deliveredTokens).toBe(3)
    expect(reader.facts().usage).toMatchObject({ outputTokens: 3 })
    const failing = readerOf(openAiChat)
    read(failing, piece('a'), piece('b'), { error: { code: 502 } })
    expect(failing.failure).toEqual({ error: { code: 502 }, isTold: true })
  })

  it('finds a piece that is not JSON malformed, among those that are alike too', () => {
    const reader = readerOf(openAiChat)
    read(reader, piece('a'), piece('b'))
    expect(reader.read(undefined, JSON.stringify(piece('c')).replace('"c"', '"c\u0001"'))).toBe('malformed')
    expect(reader.read(undefined, `${JSON.stringify(piece('c'))}}`)).toBe('malformed')
    expect(reader.read(undefined, 'oops')).toBe('malformed')
    expect(reader.read(undefined, '[DONE')).toBe('malformed')
    expect(reader.read(undefined, '1')).toBe('forward')
  })

  it.each<[string, string | undefined, object, unknown]>([
    ['an error', undefined, { error: { code: 502 } }, { error: { code: 502 }, isTold: true }],
    ['an error as a text', undefined, { error: 'down' }, { error: 'down', isTold: true }],
    ['an event that is called one', 'error', { code: 502 }, { error: { code: 502 }, isTold: true }],
    [
      'what vLLM calls an object',
      undefined,
      { object: 'error', code: 500 },
      { error: { object: 'error', code: 500 }, isTold: false },
    ],
    ['what FastAPI calls a detail', undefined, { detail: 'Bad' }, { error: { detail: 'Bad' }, isTold: false }],
    ['what gateways call a message', undefined, { message: 'Bad' }, { error: { message: 'Bad' }, isTold: false }],
    [
      'a choice that is one',
      undefined,
      chunk({ finish_reason: 'error' }),
      { error: chunk({ finish_reason: 'error' }), isTold: false },
    ],
    [
      'a choice that has one',
      undefined,
      chunk({ error: { code: 1 } }),
      { error: chunk({ error: { code: 1 } }), isTold: false },
    ],
    ['nothing', undefined, { id: 'c', choices: null }, undefined],
    ['a choice that is nothing', undefined, { id: 'c', choices: [null] }, undefined],
    ['an empty message', undefined, { message: '' }, undefined],
    ['a message beside choices', undefined, { ...piece('a'), message: 'fine' }, undefined],
  ])('has failed by %s', (_, name, event, failure) => {
    const reader = readerOf(openAiChat)
    reader.read(name, JSON.stringify(event))
    expect(reader.failure).toEqual(failure)
    expect('error' in reader.facts()).toBe(failure !== undefined)
  })

  it('has failed as its first report says, or its only one', () => {
    const reader = readerOf(openAiChat)
    read(reader, chunk({ finish_reason: 'error' }), { error: { code: 502 } }, { error: { code: 503 } }, piece('a'))
    expect(reader.failure).toEqual({ error: { code: 502 }, isTold: true })
  })

  it('is of the model that its first event names', () => {
    const reader = readerOf(openAiChat)
    read(reader, { model: '', choices: [] }, { model: 'a', choices: [] }, { model: 'b', choices: [] })
    expect(reader.facts().model).toBe('a')
    expect(readerOf(openAiChat).facts()).toStrictEqual({ finishReasons: [] })
  })
})

/** platform.openai.com/docs/api-reference/responses-streaming. */
describe('a stream of a response', () => {
  const response = { id: 'resp_1', model: 'gpt-5-mini', status: 'completed', output: [] }
  const usage = { input_tokens: 7, output_tokens: 5, total_tokens: 12 }

  it.each(['response.created', 'response.queued', 'response.in_progress'])('has not begun with %s', (type) => {
    const reader = readerOf(openAiResponses)
    read(reader, { type, response })
    expect(reader).toMatchObject({ hasBegun: false, isComplete: false, failure: undefined })
    expect(reader.facts()).toEqual({ finishReasons: [] })
    read(reader, { type: 'response.output_item.added', item: { type: 'message' } })
    expect(reader.hasBegun).toBe(true)
  })

  it.each(['response.completed', 'response.incomplete'])('is complete with %s, which has its usage', (type) => {
    const reader = readerOf(openAiResponses)
    read(reader, { type, response: { ...response, usage } })
    expect(reader).toMatchObject({ isComplete: true, hasBegun: true, failure: undefined })
    expect(reader.facts()).toMatchObject({
      usage: { inputTokens: 7, outputTokens: 5 },
      model: 'gpt-5-mini',
      finishReasons: ['completed'],
      kept: [['resp_1', 12]],
    })
  })

  it('counts what was delivered: pieces, and the names of functions', () => {
    const reader = readerOf(openAiResponses)
    read(
      reader,
      { type: 'response.output_text.delta', delta: 'Hi' },
      { type: 'response.output_item.added', item: { type: 'function_call', name: 'look' } },
      { type: 'response.function_call_arguments.delta', delta: '{}' },
      { type: 'response.output_item.done', item: { type: 'function_call', name: 'look' } },
      { type: 'response.output_text.done', text: 'Hi' },
    )
    expect(reader.deliveredTokens).toBe(3)
  })

  it.each<[string, string | undefined, object, unknown]>([
    ['response.failed', undefined, { type: 'response.failed', response: { error: { code: 'x' } } }, { code: 'x' }],
    ['response.failed that says nothing', undefined, { type: 'response.failed' }, { type: 'response.failed' }],
    ['an event called error', undefined, { type: 'error', code: 'x' }, { type: 'error', code: 'x' }],
    ['an event named error', 'error', { code: 'x' }, { code: 'x' }],
    ['an error in any event', undefined, { type: 'any', error: { code: 'x' } }, { code: 'x' }],
  ])('has failed by %s', (_, name, event, error) => {
    const reader = readerOf(openAiResponses)
    reader.read(name, JSON.stringify(event))
    expect(reader.failure).toEqual({ error, isTold: true })
    expect(reader.facts()).toMatchObject({ error })
    read(reader, { type: 'error', code: 'later' })
    expect(reader.failure).toEqual({ error, isTold: true })
  })

  it('has failed and is over with response.failed', () => {
    const reader = readerOf(openAiResponses)
    read(reader, { type: 'response.failed', response: { ...response, status: 'failed', error: { code: 'x' }, usage } })
    expect(reader.isComplete).toBe(true)
    expect(reader.facts()).toMatchObject({
      usage: { outputTokens: 5 },
      finishReasons: ['failed'],
      error: { code: 'x' },
    })
  })

  it('finds what is not JSON malformed', () => {
    expect(readerOf(openAiResponses).read(undefined, '{')).toBe('malformed')
    expect(readerOf(openAiResponses).read(undefined, 'null')).toBe('forward')
  })

  it.each<[Body, boolean]>([
    [{ model: 'o3' }, true],
    [{ model: 'gpt-4o' }, false],
    [{ model: 'gpt-4o', reasoning: { effort: 'low' } }, true],
    [{ model: 'o3', reasoning: { effort: 'none' } }, false],
    [{ model: 'gpt-5', reasoning: { effort: 'minimal' } }, false],
    [{ model: 'gpt-5', reasoning: {} }, true],
    [{ model: 'gpt-5.1-chat-latest' }, false],
    [{ model: 'my-o3' }, false],
    [{}, false],
  ])('of %o may hide tokens: %s', (body, hides) => {
    expect(readerOf(openAiResponses, body).hidesTokens).toBe(hides)
  })
})

/** docs.anthropic.com/en/api/messages-streaming. */
describe('a stream of a message', () => {
  const start = {
    type: 'message_start',
    message: { model: 'claude-sonnet-4-5', usage: { input_tokens: 25, cache_read_input_tokens: 5, output_tokens: 1 } },
  }
  const text = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
  const end = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } }

  it('has begun with what is neither its start nor a ping', () => {
    const reader = readerOf(anthropicMessages)
    read(reader, start, { type: 'ping' })
    expect(reader.hasBegun).toBe(false)
    read(reader, { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
    expect(reader.hasBegun).toBe(true)
  })

  it('says its input at its start, and its usage and its reason at its end', () => {
    const reader = readerOf(anthropicMessages)
    read(reader, start, text('Hi'))
    const input = { inputTokens: 30, cachedInputTokens: 5, cacheWriteTokens: 0 }
    expect(reader.facts()).toEqual({
      inputUsage: { ...input, outputTokens: 0 },
      model: 'claude-sonnet-4-5',
      finishReasons: [],
    })
    read(reader, end)
    expect(reader.isComplete).toBe(false)
    read(reader, { type: 'message_stop' })
    expect(reader.isComplete).toBe(true)
    expect(reader.facts()).toMatchObject({ usage: { ...input, outputTokens: 15 }, finishReasons: ['end_turn'] })
    expect(reader.facts()).not.toHaveProperty('inputUsage')
  })

  it('says nothing of an input whose counts cannot be, or that never came', () => {
    const reader = readerOf(anthropicMessages)
    read(reader, { type: 'message_start', message: { usage: { input_tokens: -3 } } })
    expect(reader.facts()).toEqual({ finishReasons: [] })
    expect(readerOf(anthropicMessages).facts()).toEqual({ finishReasons: [] })
  })

  it('counts what was delivered: text, arguments, thoughts, names of tools', () => {
    const reader = readerOf(anthropicMessages)
    read(
      reader,
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'toolu_1', name: 'look' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{}' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'thinking_delta', thinking: 'Hm' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'signature_delta', signature: 'abc' } },
      { type: 'content_block_start', index: 2, content_block: { type: 'text', text: 'So' } },
      text('Hi'),
      end,
    )
    expect(reader.deliveredTokens).toBe(5)
  })

  it.each<[string, string | undefined, string, unknown]>([
    [
      'its error event',
      'error',
      '{"type":"error","error":{"type":"api_error"}}',
      { error: { type: 'api_error' }, isTold: true },
    ],
    [
      'its error without a name',
      undefined,
      '{"type":"error","error":{"type":"x"}}',
      { error: { type: 'x' }, isTold: false },
    ],
    ['an error that is of no type', undefined, '{"error":{"type":"x"}}', { error: { type: 'x' }, isTold: false }],
    ['a named error of nothing', 'error', '{"code":1}', { error: { code: 1 }, isTold: true }],
    [
      'a type without an error',
      undefined,
      '{"type":"error","message":"m"}',
      { error: { type: 'error', message: 'm' }, isTold: false },
    ],
    ['an error that is text', 'error', 'Internal', { error: 'Internal', isTold: true }],
  ])('has failed by %s', (_, name, data, failure) => {
    const reader = readerOf(anthropicMessages)
    expect(reader.read(name, data)).toBe('forward')
    expect(reader.failure).toEqual(failure)
    expect(reader.facts()).toMatchObject({ error: (failure as { error: unknown }).error })
    reader.read('error', '{"error":{"type":"later"}}')
    reader.read('error', 'later')
    expect(reader.failure).toEqual(failure)
  })

  it('looks at no text of a ping, and finds that of any other event malformed', () => {
    const reader = readerOf(anthropicMessages)
    expect(reader.read('ping', 'x')).toBe('forward')
    expect(reader.read('content_block_delta', '{"type":')).toBe('malformed')
    expect(reader.failure).toBeUndefined()
  })

  it.each<[Body, boolean]>([
    [{ thinking: { type: 'enabled' } }, true],
    [{ thinking: { type: 'adaptive' } }, true],
    [{ thinking: { type: 'disabled' } }, false],
    [{ thinking: {} }, false],
    [{ thinking: null }, false],
    [{}, false],
  ])('of %o may hide tokens: %s', (body, hides) => {
    expect(readerOf(anthropicMessages, body).hidesTokens).toBe(hides)
  })
})

describe('a stream of embeddings', () => {
  it('does not exist: whatever comes is passed on, and is never whole', () => {
    const reader = readerOf(openAiEmbeddings)
    expect(read(reader, {}, { error: {} })).toEqual(['forward', 'forward'])
    const nothing = { isComplete: false, hasBegun: false, failure: undefined, deliveredTokens: 0, hidesTokens: false }
    expect(reader).toMatchObject(nothing)
    expect(reader.facts()).toEqual({})
  })
})
