import { describe, expect, it } from 'vitest'
import type { WireFormat } from '../wire-format.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { hostsTools } from './hosted-tools.ts'
import { mergeCounts } from './merge-counts.ts'
import { openAiChat } from './openai-chat.ts'
import { openAiEmbeddings } from './openai-embeddings.ts'
import { openAiResponses } from './openai-responses.ts'

type Body = Readonly<Record<string, unknown>>

const CHAT_USAGE = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 }
const RESPONSE_USAGE = { input_tokens: 10, output_tokens: 3, total_tokens: 13 }
const answered = { index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }

describe('an answer', () => {
  it.each<[string, WireFormat, Body, Body]>([
    [
      'a chat',
      openAiChat,
      { choices: [answered], model: 'm', usage: CHAT_USAGE },
      { model: 'm', finishReasons: ['stop'] },
    ],
    [
      'a chat of two',
      openAiChat,
      { choices: [answered, { finish_reason: 'length' }], usage: CHAT_USAGE },
      { finishReasons: ['stop', 'length'] },
    ],
    ['a chat of nothing', openAiChat, { choices: null, usage: CHAT_USAGE }, { finishReasons: [] }],
    [
      'a response',
      openAiResponses,
      { status: 'completed', model: 'm', usage: RESPONSE_USAGE },
      { model: 'm', finishReasons: ['completed'] },
    ],
    ['embeddings', openAiEmbeddings, { data: [], model: 'm', usage: CHAT_USAGE }, { model: 'm' }],
    [
      'a message',
      anthropicMessages,
      { content: [], model: 'm', stop_reason: 'end_turn', usage: { input_tokens: 10, output_tokens: 3 } },
      { model: 'm', finishReasons: ['end_turn'] },
    ],
  ])('of %s has its usage, its model and how it ended', (_, format, body, facts) => {
    const { usage, ...rest } = format.readAnswer(body)
    expect(usage).toMatchObject({ inputTokens: 10, outputTokens: 3 })
    expect(rest).toMatchObject(facts)
    expect('model' in rest).toBe('model' in facts)
    expect(rest).not.toHaveProperty('error')
  })

  it.each([openAiChat, openAiResponses, openAiEmbeddings, anthropicMessages])(
    'of $name may say none of it',
    (format) => {
      const facts = format.readAnswer({ model: 7, usage: null })
      expect(facts).not.toHaveProperty('usage')
      expect(facts).not.toHaveProperty('model')
      expect(facts).not.toHaveProperty('error')
    },
  )

  it('of a response says that tools of the provider found more', () => {
    const read = (tools: unknown) => openAiResponses.readAnswer({ usage: RESPONSE_USAGE, tools })
    expect(read([{ type: 'web_search' }])).toMatchObject({ findsMore: true })
    expect(read([{ type: 'function' }])).not.toHaveProperty('findsMore')
  })
})

/** Status 200, and nothing of an answer. */
describe('an error in place of an answer', () => {
  const error = { code: 502 }
  it.each<[string, Body, unknown]>([
    ['as the provider names it', { error }, error],
    ['as a text', { error: 'down' }, 'down'],
    ['of vLLM', { object: 'error', message: 'Bad' }, { object: 'error', message: 'Bad' }],
    ['of Anthropic', { type: 'error' }, { type: 'error' }],
    ['of FastAPI', { detail: [{ msg: 'Bad' }] }, { detail: [{ msg: 'Bad' }] }],
    ['of a gateway', { message: 'Bad' }, { message: 'Bad' }],
    ['in each choice', { choices: [{ error }] }, { choices: [{ error }] }],
    ['as how each choice ended', { choices: [{ finish_reason: 'error' }] }, { choices: [{ finish_reason: 'error' }] }],
    ['with an empty text', { choices: [{ error, message: { content: '' } }], error }, error],
  ])('is found %s', (_, body, found) => {
    expect(openAiChat.readAnswer(body)).toMatchObject({ error: found })
  })

  it.each<[string, Body]>([
    ['beside a choice', { error, choices: [answered] }],
    ['in a choice that has a text', { choices: [{ error, message: { content: 'Hi' } }] }],
    ['in a choice that calls a tool', { choices: [{ error, message: { tool_calls: [{}] } }] }],
    ['in one choice of two', { choices: [{ error }, answered] }],
    ['beside a choice that is nothing', { error, choices: [null] }],
    ['beside its usage', { error, usage: CHAT_USAGE }],
    ['in an empty message', { message: '' }],
    ['in a message that is no text', { message: { content: 'Hi' } }],
    ['in nothing', {}],
  ])('is not found %s', (_, body) => {
    expect(openAiChat.readAnswer(body)).not.toHaveProperty('error')
  })

  it('is found in every format', () => {
    for (const format of [openAiResponses, openAiEmbeddings, anthropicMessages]) {
      expect(format.readAnswer({ error })).toMatchObject({ error })
    }
    expect(openAiResponses.readAnswer({ error, output: [{ type: 'message' }] })).not.toHaveProperty('error')
    expect(openAiEmbeddings.readAnswer({ error, data: [{ embedding: [] }] })).not.toHaveProperty('error')
    expect(anthropicMessages.readAnswer({ error, content: [{ type: 'text' }] })).not.toHaveProperty('error')
  })
})

describe('what later requests can refer to', () => {
  const usage = { input_tokens: 100, output_tokens: 50, output_tokens_details: { reasoning_tokens: 20 } }
  const kept = (body: Body) => openAiResponses.readAnswer({ id: 'resp_1', usage, ...body }).kept

  it('is a response, with all that it read and wrote, and its conversation', () => {
    expect(kept({})).toEqual([['resp_1', 150]])
    expect(kept({ conversation: { id: 'conv_1' }, output: null })).toEqual([
      ['resp_1', 150],
      ['conv_1', 150],
    ])
  })

  it('is nothing of a response that is not stored', () => {
    expect(kept({ store: false, conversation: { id: 'conv_1' } })).toEqual([])
    expect(kept({ store: true })).toHaveLength(1)
  })

  it.each<[string, object, number | undefined]>([
    ['a short message', { type: 'message', id: 'i', content: '' }, 40],
    ['a long message', { type: 'message', id: 'i', content: 'x'.repeat(500) }, 50],
    ['a call of a function', { type: 'function_call', id: 'i' }, 33],
    ['reasoning', { type: 'reasoning', id: 'i' }, 20],
    ['what a search found', { type: 'web_search_call', id: 'i' }, 150],
    ['a list of tools of a server', { type: 'mcp_list_tools', id: 'i' }, 150],
    ['something whose name begins like a message', { type: 'messages', id: 'i' }, 150],
    ['something without a type', { id: 'i' }, 150],
    ['something without an id', { type: 'message' }, undefined],
  ])('is an item, with what the model wrote of it: %s', (_, item, tokens) => {
    expect(kept({ output: [item] })?.slice(1)).toEqual(tokens === undefined ? [] : [['i', tokens]])
  })

  it('is a picture, with what a picture can be', () => {
    const [, picture] = kept({ output: [{ type: 'image_generation_call', id: 'i' }, null] }) ?? []
    expect(picture?.[1]).toBeGreaterThan(1000)
  })

  it('is reasoning with all of the output, if its part is not reported', () => {
    const told = { input_tokens: 100, output_tokens: 50 }
    expect(kept({ usage: told, output: [{ type: 'reasoning', id: 'i' }] })?.[1]).toEqual(['i', 50])
  })
})

/** platform.openai.com/docs/guides/tools, docs.anthropic.com/en/docs/agents-and-tools/tool-use. */
describe('a tool', () => {
  it.each([
    { type: 'function' },
    { type: 'custom' },
    { type: 'namespace' },
    { type: 'local_shell' },
    { type: 'apply_patch' },
    { type: 'computer_20250124' },
    { type: 'computer_use_preview' },
    { type: 'bash_20250124' },
    { type: 'text_editor_20250728' },
    { type: 'memory_20250818' },
    { type: 'tool_search_tool_regex' },
    { type: 'shell', environment: { type: 'local' } },
    { name: 'f' },
    { type: null },
    null,
  ])('runs where the application is: %o', (tool) => {
    expect(hostsTools([tool])).toBe(false)
  })

  it.each([
    { type: 'web_search' },
    { type: 'web_search_20250305' },
    { type: 'file_search' },
    { type: 'code_interpreter' },
    { type: 'code_execution_20250825' },
    { type: 'mcp' },
    { type: 'image_generation' },
    { type: 'shell' },
    { type: 'shell', environment: { type: 'container' } },
    { type: 'computer_toolset' },
    { type: 'mcp_toolset' },
    { type: 'my_function' },
    { type: 7 },
  ])('runs at the provider: %o', (tool) => {
    expect(hostsTools([{ type: 'function' }, tool])).toBe(true)
  })

  it.each([undefined, null, 'web_search', {}, []])('is not in %o', (tools) => {
    expect(hostsTools(tools)).toBe(false)
  })
})

describe('a usage that comes in parts', () => {
  it.each<[Body | undefined, Body, Body]>([
    [undefined, { a: 0 }, { a: 0 }],
    [{ a: 1 }, { a: 2 }, { a: 2 }],
    [{ a: 1 }, { a: 0 }, { a: 1 }],
    [{ a: 1 }, { a: null }, { a: 1 }],
    [{ a: 1 }, { a: -1 }, { a: 1 }],
    [{ a: 1 }, { a: '2' }, { a: '2' }],
    [{ a: 1 }, { a: 'two' }, { a: 1 }],
    [{ a: 1 }, { b: 0 }, { a: 1, b: 0 }],
    [{ a: 1 }, { b: null }, { a: 1, b: null }],
    [{ a: { x: 1, y: 2 } }, { a: { x: 3, y: 0 } }, { a: { x: 3, y: 2 } }],
    [{ a: 1 }, { a: { x: 0 } }, { a: { x: 0 } }],
    [{ a: null }, { a: { x: 0 } }, { a: { x: 0 } }],
    [{ a: [1] }, { a: { x: 1 } }, { a: { x: 1 } }],
    [{ a: [1] }, { a: [] }, { a: [1] }],
    [{ a: [1] }, { a: [2] }, { a: [2] }],
  ])('%o and %o is %o', (known, next, merged) => {
    expect(mergeCounts(known, next)).toEqual(merged)
  })
})
