import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { fc } from 'test-support/generated'
import { cutAt, type Style, type WireAnswer, type WireEvent, written } from './wire-answer.ts'

export type FormatName = 'chat' | 'responses' | 'messages'

/** What a model says, whatever the format. */
export type Script = {
  readonly texts: readonly string[]
  /** The arguments of a tool call, in pieces; none: it calls no tool. */
  readonly argumentPieces: readonly string[]
  readonly hasUsage: boolean
  /** A field that no SDK knows. */
  readonly extra: Readonly<Record<string, unknown>>
  readonly padding: string | undefined
  readonly hasDone: boolean
}

const textPiece = fc.oneof(
  fc.constantFrom(
    'Pay ',
    '10',
    '0',
    ' euro',
    '.',
    '日本',
    '😀',
    '\n',
    '\\',
    '"',
    '\u2028',
    'data: x\n\n',
    '\t',
    '\u0000',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)

/** The text of arguments, cut anywhere. */
const argumentPieces = fc
  .tuple(
    fc.record({ usd: fc.integer({ min: 0, max: 10_000 }), to: textPiece }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  )
  .map(([value, shares]) => {
    const text = JSON.stringify(value)
    const places = [...new Set([0, ...shares.map((share) => Math.floor(share * text.length)), text.length])]
    places.sort((a, b) => a - b)
    return places.slice(1).map((end, index) => text.slice(places[index], end))
  })

export const script: fc.Arbitrary<Script> = fc.record({
  texts: fc.array(textPiece, { minLength: 1, maxLength: 6 }),
  argumentPieces: fc.oneof(fc.constant([]), argumentPieces),
  hasUsage: fc.boolean(),
  extra: fc.constantFrom({}, { x_vendor: { nested: [1, null] } }, { system_fingerprint: 'fp_1' }),
  padding: fc.constantFrom(undefined, 'aX4', '', 'q"\\'),
  hasDone: fc.boolean(),
})

export const style: fc.Arbitrary<Style> = fc.record({
  lineEnd: fc.constantFrom('\n', '\n', '\n', '\r\n'),
  space: fc.constantFrom(' ', ' ', ''),
  comments: fc.uniqueArray(fc.nat(8), { maxLength: 2 }),
  hasMark: fc.constantFrom(false, false, false, true),
  hasIds: fc.constantFrom(false, false, true),
  isPretty: fc.constantFrom(false, false, false, true),
})

const CREATED = 1_700_000_000
export const MODELS: Readonly<Record<FormatName, string>> = {
  chat: 'gpt-4o',
  responses: 'gpt-4o',
  messages: 'claude-haiku-4-5',
}
const CALL = { id: 'call_1', name: 'pay' }

/** The events of a stream that says it. */
export function eventsOf(format: FormatName, script: Script): WireEvent[] {
  return STREAMS[format](script)
}

/** The whole answer that says it. */
export function bodyOf(format: FormatName, script: Script): object {
  return BODIES[format](script)
}

type Streams = Readonly<Record<FormatName, (script: Script) => WireEvent[]>>

const STREAMS: Streams = {
  chat({ texts, argumentPieces, hasUsage, extra, padding, hasDone }) {
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: CREATED, model: MODELS.chat, ...extra }
    const rest = padding === undefined ? {} : { obfuscation: padding }
    const chunk = (delta: object, finish: string | null = null) => ({
      data: { ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...rest },
    })
    const calls = argumentPieces.map((piece, index) => {
      const opening = index === 0 ? { id: CALL.id, type: 'function' } : {}
      const named = index === 0 ? { name: CALL.name } : {}
      return chunk({ tool_calls: [{ index: 0, ...opening, function: { ...named, arguments: piece } }] })
    })
    return [
      chunk({ role: 'assistant', content: '' }),
      ...texts.map((content) => chunk({ content })),
      ...calls,
      chunk({}, calls.length > 0 ? 'tool_calls' : 'stop'),
      ...(hasUsage ? [{ data: { ...head, choices: [], usage: chatUsage, ...rest } }] : []),
      ...(hasDone ? [{ data: '[DONE]' }] : []),
    ]
  },

  responses(script) {
    const { texts, argumentPieces, extra, padding, hasDone } = script
    const response = BODIES.responses(script) as { output: object[]; [field: string]: unknown }
    const rest = padding === undefined ? {} : { obfuscation: padding }
    const begun = { ...response, status: 'in_progress', output: [], usage: null }
    const [message, call] = response.output as [{ content: object[] }, { arguments: string } | undefined]
    const text = { output_index: 0, content_index: 0, item_id: 'msg_1' }
    const events = [
      { type: 'response.created', response: begun },
      { type: 'response.in_progress', response: begun },
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { ...message, status: 'in_progress', content: [] },
      },
      {
        type: 'response.content_part.added',
        ...text,
        part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
      },
      ...texts.map((delta) => ({
        type: 'response.output_text.delta',
        ...text,
        delta,
        logprobs: [],
        ...rest,
        ...extra,
      })),
      { type: 'response.output_text.done', ...text, text: texts.join(''), logprobs: [] },
      { type: 'response.content_part.done', ...text, part: message.content[0] },
      { type: 'response.output_item.done', output_index: 0, item: message },
      ...(call
        ? [
            {
              type: 'response.output_item.added',
              output_index: 1,
              item: { ...call, status: 'in_progress', arguments: '' },
            },
            ...argumentPieces.map((delta) => ({
              type: 'response.function_call_arguments.delta',
              item_id: 'fc_1',
              output_index: 1,
              delta,
              ...rest,
            })),
            {
              type: 'response.function_call_arguments.done',
              item_id: 'fc_1',
              output_index: 1,
              name: CALL.name,
              arguments: call.arguments,
            },
            { type: 'response.output_item.done', output_index: 1, item: call },
          ]
        : []),
      { type: 'response.completed', response },
    ]
    const named = events.map((event, index) => ({ event: event.type, data: { ...event, sequence_number: index } }))
    return [...named, ...(hasDone ? [{ data: '[DONE]' }] : [])]
  },

  messages(script) {
    const { texts, argumentPieces, extra } = script
    const { content: _, ...message } = BODIES.messages(script) as { content: object[] }
    const usage = { input_tokens: 9, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
    const block = (index: number, start: object, deltas: readonly object[]) => [
      { type: 'content_block_start', index, content_block: start },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta, ...extra })),
      { type: 'content_block_stop', index },
    ]
    const tool = { type: 'tool_use', id: CALL.id, name: CALL.name, input: {} }
    const events = [
      {
        type: 'message_start',
        message: { ...message, content: [], stop_reason: null, stop_sequence: null, usage },
      },
      { type: 'ping' },
      ...block(
        0,
        { type: 'text', text: '' },
        texts.map((text) => ({ type: 'text_delta', text })),
      ),
      ...(argumentPieces.length > 0
        ? block(
            1,
            tool,
            argumentPieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
          )
        : []),
      {
        type: 'message_delta',
        delta: { stop_reason: argumentPieces.length > 0 ? 'tool_use' : 'end_turn', stop_sequence: null },
        usage: { output_tokens: 7 },
      },
      { type: 'message_stop' },
    ]
    return events.map((event) => ({ event: event.type, data: event }))
  },
}

const chatUsage = {
  prompt_tokens: 9,
  completion_tokens: 7,
  total_tokens: 16,
  prompt_tokens_details: { cached_tokens: 0 },
}

const BODIES: Readonly<Record<FormatName, (script: Script) => object>> = {
  chat({ texts, argumentPieces, hasUsage, extra }) {
    const call = {
      id: CALL.id,
      type: 'function',
      function: { name: CALL.name, arguments: argumentPieces.join('') },
    }
    const hasCall = argumentPieces.length > 0
    return {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: CREATED,
      model: MODELS.chat,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: texts.join(''),
            refusal: null,
            ...(hasCall ? { tool_calls: [call] } : {}),
          },
          logprobs: null,
          finish_reason: hasCall ? 'tool_calls' : 'stop',
        },
      ],
      ...(hasUsage ? { usage: chatUsage } : {}),
      ...extra,
    }
  },
  responses({ texts, argumentPieces, hasUsage, extra }) {
    return {
      id: 'resp_1',
      object: 'response',
      created_at: CREATED,
      status: 'completed',
      error: null,
      incomplete_details: null,
      model: MODELS.responses,
      output: [
        {
          id: 'msg_1',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: texts.join(''), annotations: [], logprobs: [] }],
        },
        ...(argumentPieces.length > 0
          ? [
              {
                id: 'fc_1',
                type: 'function_call',
                status: 'completed',
                call_id: CALL.id,
                name: CALL.name,
                arguments: argumentPieces.join(''),
              },
            ]
          : []),
      ],
      tools: [],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      usage: hasUsage
        ? {
            input_tokens: 9,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: 7,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 16,
          }
        : null,
      ...extra,
    }
  },
  messages({ texts, argumentPieces, extra }) {
    const hasCall = argumentPieces.length > 0
    return {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: MODELS.messages,
      content: [
        { type: 'text', text: texts.join('') },
        ...(hasCall
          ? [{ type: 'tool_use', id: CALL.id, name: CALL.name, input: JSON.parse(argumentPieces.join('')) }]
          : []),
      ],
      stop_reason: hasCall ? 'tool_use' : 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 9, output_tokens: 7, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
      ...extra,
    }
  },
}

/** How an answer travels. */
export type Transfer = {
  readonly shares: readonly number[]
  readonly encoding: keyof typeof ENCODERS
  readonly hasLength: boolean
}

const ENCODERS = {
  identity: (body: Uint8Array) => body,
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
} as const

/** The global fetch of Node 22 does not decode it: an SDK reads garbage there, bare as governed. */
const ZSTD = Number(process.versions['undici']?.split('.')[0]) >= 7 ? (['zstd'] as const) : []

export const transfer: fc.Arbitrary<Transfer> = fc.record({
  shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
  encoding: fc.constantFrom('identity', 'identity', 'gzip', 'deflate', 'br', ...ZSTD),
  hasLength: fc.boolean(),
})

export function sent(text: string, type: string, { shares, encoding, hasLength }: Transfer): WireAnswer {
  const body = ENCODERS[encoding](Buffer.from(text))
  return {
    status: 200,
    headers: {
      'content-type': type,
      'x-request-id': 'req_1',
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      ...(hasLength ? { 'content-length': String(body.length) } : {}),
    },
    pieces: cutAt(body, shares),
  }
}

export function sentStream(events: readonly WireEvent[], style: Style, transfer: Transfer): WireAnswer {
  return sent(written(events, style), 'text/event-stream', transfer)
}
