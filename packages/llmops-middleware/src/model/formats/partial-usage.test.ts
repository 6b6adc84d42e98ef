import { describe, expect, it } from 'vitest'
import { type Answer, answeringServer } from '../../../test/support/answering-server.ts'
import { createLlmOps } from '../../llmops.ts'

/** What a call is charged, in dollars, and the part of it that is only an estimate. */
async function charged(path: string, request: object, answer: Answer) {
  const { url } = await answeringServer(() => answer)
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 100 } })
  const asked = await ops.fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(request) })
  await asked.text()
  await ops.close()
  const { spentUsd, unknownUsd } = await ops.budget.read('contoso')
  return { spentUsd, unknownUsd }
}

const messages = [{ role: 'user', content: 'Hello. '.repeat(200) }]
const text = 'word '.repeat(400)

const chatRequest = { model: 'gpt-4o', messages, max_tokens: 1000 }
const chatAnswer = (usage: object) => ({
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage,
})
const chunk = (content: string, finish: string | null, more = {}) => ({
  model: 'gpt-4o',
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  ...more,
})
const words = (more = {}) => Array.from({ length: 400 }, () => chunk('word ', null, more))
const claudeRequest = { model: 'claude-sonnet-4-5', messages, max_tokens: 1000 }
const claudeAnswer = (usage: object) => ({
  type: 'message',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  usage,
})
const claudeStream = (end: object) => [
  { type: 'message_start', message: { ...claudeAnswer({ input_tokens: 300, output_tokens: 1 }), content: [] } },
  ...Array.from({ length: 400 }, () => ({ type: 'content_block_delta', delta: { type: 'text_delta', text: 'word ' } })),
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: end },
  { type: 'message_stop' },
]
const geminiRequest = {
  contents: [{ parts: [{ text: messages[0]!.content }] }],
  generationConfig: { maxOutputTokens: 1000 },
}
const geminiAnswer = (usageMetadata: object) => ({
  modelVersion: 'gemini-2.0-flash',
  candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }],
  usageMetadata,
})
const response = (usage: object) => ({
  id: 'resp_1',
  status: 'completed',
  model: 'gpt-4o',
  output: [{ type: 'message', content: [{ type: 'output_text', text }] }],
  usage,
})

const CHAT = '/v1/chat/completions'
const CLAUDE = '/v1/messages'
const GEMINI = '/v1beta/models/gemini-2.0-flash:generateContent'

describe('an answer whose usage lacks its output', () => {
  const end = (usage: object) => [chunk('', 'stop'), { model: 'gpt-4o', choices: [], usage }, '[DONE]']
  const running = { usage: { prompt_tokens: 300, completion_tokens: 1 } }

  it.each<[string, string, object, Answer, number, number]>([
    ['a chat without the count', CHAT, chatRequest, chatAnswer({ prompt_tokens: 300 }), 2.5, 10],
    ['a chat with null', CHAT, chatRequest, chatAnswer({ prompt_tokens: 300, completion_tokens: null }), 2.5, 10],
    ['a chat with zero', CHAT, chatRequest, chatAnswer({ prompt_tokens: 300, completion_tokens: 0 }), 2.5, 10],
    ['a chat with a word', CHAT, chatRequest, chatAnswer({ prompt_tokens: 300, completion_tokens: 'many' }), 2.5, 10],
    [
      'a stream with zero',
      CHAT,
      { ...chatRequest, stream: true },
      [...words(), ...end({ prompt_tokens: 300, completion_tokens: 0, total_tokens: 300 })],
      2.5,
      10,
    ],
    ...['function', 'custom'].map((type): [string, string, object, Answer, number, number] => {
      const call = { id: 'call_1', type, [type]: { name: 'find', arguments: text, input: text } }
      const choice = { index: 0, message: { role: 'assistant', content: null, tool_calls: [call] } }
      const answer = { ...chatAnswer({ prompt_tokens: 300, completion_tokens: 0 }), choices: [choice] }
      return [`a chat that only calls a ${type}`, CHAT, chatRequest, answer, 2.5, 10]
    }),
    [
      'a stream of a response with zero',
      '/v1/responses',
      { model: 'gpt-4o', input: text, max_output_tokens: 1000, stream: true },
      [
        ...Array.from({ length: 400 }, () => ({ type: 'response.output_text.delta', delta: 'word ' })),
        { type: 'response.completed', response: { ...response({ input_tokens: 300, output_tokens: 0 }), output: [] } },
      ],
      2.5,
      10,
    ],
    ['a message without the count', CLAUDE, claudeRequest, claudeAnswer({ input_tokens: 300 }), 3, 15],
    [
      'a stream of messages with null',
      CLAUDE,
      { ...claudeRequest, stream: true },
      claudeStream({ output_tokens: null }),
      3,
      15,
    ],
    ['a candidate without the count', GEMINI, geminiRequest, geminiAnswer({ promptTokenCount: 300 }), 0.1, 0.4],
    [
      'a response with zero',
      '/v1/responses',
      { model: 'gpt-4o', input: text, max_output_tokens: 1000 },
      response({ input_tokens: 300, output_tokens: 0 }),
      2.5,
      10,
    ],
  ])(
    'pays for the text that came, and for the input that was counted: %s',
    async (_, path, request, answer, input, output) => {
      const { spentUsd, unknownUsd } = await charged(path, request, answer)
      const inputUsd = (300 * input) / 1e6
      expect(spentUsd - unknownUsd).toBeCloseTo(inputUsd, 9)
      expect(unknownUsd).toBeGreaterThanOrEqual((400 * output) / 1e6)
      expect(unknownUsd).toBeLessThanOrEqual((1000 * output + 3000 * input) / 1e6)
    },
  )

  it.each<[string, Answer, number, number]>([
    ['no more', [chunk('', 'stop'), '[DONE]'], 1, 401],
    ['zeros at its end', [...end({ prompt_tokens: 300, completion_tokens: 0, total_tokens: 300 })], 1, 401],
    [
      'more than came',
      [chunk('', 'stop', { usage: { prompt_tokens: 300, completion_tokens: 900 } }), ...words()],
      900,
      900,
    ],
  ])(
    'pays for the text that came after a count, and never less than was counted: %s',
    async (_, rest, counted, most) => {
      const pieces = [chunk('word ', null, running), ...words(), ...(rest as object[])]
      const { spentUsd, unknownUsd } = await charged(CHAT, { ...chatRequest, stream: true }, pieces)
      expect(spentUsd).toBeCloseTo((300 * 2.5 + most * 10) / 1e6, 9)
      expect(spentUsd - unknownUsd).toBeCloseTo((300 * 2.5 + counted * 10) / 1e6, 9)
    },
  )

  it.each<[string, string, object, Answer, number]>([
    [
      'a stream that counts all along',
      CHAT,
      { ...chatRequest, stream: true },
      [...words({ usage: { prompt_tokens: 300, completion_tokens: 400 } }), chunk('', 'stop'), '[DONE]'],
      0.00075 + 0.004,
    ],
    [
      'a chat that was filtered',
      CHAT,
      chatRequest,
      {
        model: 'gpt-4o',
        choices: [{ index: 0, message: { role: 'assistant', content: null }, finish_reason: 'content_filter' }],
        usage: { prompt_tokens: 300, completion_tokens: 0, total_tokens: 300 },
      },
      0.00075,
    ],
    [
      'a chat of nobody by name',
      CHAT,
      chatRequest,
      {
        model: 'gpt-4o',
        choices: [{ index: 0, message: { role: 'assistant', name: null, content: '' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 300, completion_tokens: 0 },
      },
      0.00075,
    ],
    [
      'a message that only fills the cache',
      CLAUDE,
      { ...claudeRequest, max_tokens: 0 },
      { ...claudeAnswer({ input_tokens: 300, output_tokens: 0 }), content: [] },
      0.0009,
    ],
  ])('is not one without text after it: %s', async (_, path, request, answer, usd) => {
    expect(await charged(path, request, answer)).toEqual({ spentUsd: expect.closeTo(usd, 9), unknownUsd: 0 })
  })
})

describe('a stream that reports its usage twice', () => {
  const last = (usage: object) => ({ model: 'gpt-4o', choices: [], usage })
  const [start, ...rest] = claudeStream({ output_tokens: 400 })

  it.each<[string, string, object, Answer, number]>([
    [
      'a chat',
      CHAT,
      { ...chatRequest, stream: true },
      [
        chunk('word ', 'stop'),
        last({ prompt_tokens: 300, completion_tokens: 400, total_tokens: 700 }),
        last({ prompt_tokens: 300, completion_tokens: 2, total_tokens: 302 }),
        '[DONE]',
      ],
      0.00475,
    ],
    [
      'a message, at its end',
      CLAUDE,
      { ...claudeRequest, stream: true },
      [start!, ...rest.slice(0, -1), { type: 'message_delta', delta: {}, usage: { output_tokens: 3 } }, rest.at(-1)!],
      0.0069,
    ],
    [
      'a message, at its start, the second time with nothing',
      CLAUDE,
      { ...claudeRequest, stream: true },
      [start!, { type: 'message_start', message: { usage: { input_tokens: 0, output_tokens: 0 } } }, ...rest],
      0.0069,
    ],
  ])('pays for the larger one: %s', async (_, path, request, answer, usd) => {
    expect(await charged(path, request, answer)).toEqual({ spentUsd: expect.closeTo(usd, 9), unknownUsd: 0 })
  })
})

describe('one detail that cannot be', () => {
  const counts = { prompt_tokens: 300, completion_tokens: 400, total_tokens: 700 }
  const claude = { input_tokens: 300, output_tokens: 400 }
  const gemini = { promptTokenCount: 300, candidatesTokenCount: 400 }

  it.each<[string, string, object, object, number]>([
    [
      'a negative cache',
      CHAT,
      chatRequest,
      chatAnswer({ ...counts, prompt_tokens_details: { cached_tokens: -1 } }),
      0.00475,
    ],
    [
      'negative reasoning',
      CHAT,
      chatRequest,
      chatAnswer({ ...counts, completion_tokens_details: { reasoning_tokens: -5 } }),
      0.00475,
    ],
    [
      'sound that is no number',
      CHAT,
      chatRequest,
      chatAnswer({ ...counts, prompt_tokens_details: { audio_tokens: 'none' } }),
      0.00475,
    ],
    [
      'more sound than input, which is beside it',
      CHAT,
      chatRequest,
      chatAnswer({ ...counts, prompt_tokens_details: { audio_tokens: 400 } }),
      0.00475 + 0.001,
    ],
    [
      'a negative cache of Claude',
      CLAUDE,
      claudeRequest,
      claudeAnswer({ ...claude, cache_read_input_tokens: -7 }),
      0.0069,
    ],
    [
      'a negative hour of Claude',
      CLAUDE,
      claudeRequest,
      claudeAnswer({ ...claude, cache_creation: { ephemeral_1h_input_tokens: -7 } }),
      0.0069,
    ],
    [
      'more from the cache than input of Gemini',
      GEMINI,
      geminiRequest,
      geminiAnswer({ ...gemini, cachedContentTokenCount: 400 }),
      0.00003 + 0.00001 + 0.00016,
    ],
  ])('leaves the rest of the usage as it is: %s', async (_, path, request, answer, usd) => {
    expect(await charged(path, request, answer)).toEqual({ spentUsd: expect.closeTo(usd, 9), unknownUsd: 0 })
  })
})
