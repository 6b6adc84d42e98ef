import { describe, expect, it } from 'vitest'
import type { RequestChange, WireFormat } from '../wire-format.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { WIRE_FORMATS } from './index.ts'
import { openAiChat } from './openai-chat.ts'
import { openAiEmbeddings } from './openai-embeddings.ts'
import { openAiResponses } from './openai-responses.ts'

const OPENAI = 'https://api.openai.com/v1'
const AZURE = 'https://contoso.openai.azure.com/openai'
const GATEWAY = 'https://gateway.example/any/v1'
const DEPLOYED = `${AZURE}/deployments/prod%20chat`

type Body = Readonly<Record<string, unknown>>

const formatAt = (url: string) => WIRE_FORMATS.filter((format) => format.recognises(new URL(url)))

/** The paths of the references of OpenAI, Azure and Anthropic. */
describe('a URL', () => {
  it.each([
    [`${OPENAI}/chat/completions`, 'openai.chat'],
    [`${OPENAI}/chat/completions/`, 'openai.chat'],
    [`${AZURE}/v1/chat/completions`, 'openai.chat'],
    [`${DEPLOYED}/chat/completions?api-version=2024-10-21`, 'openai.chat'],
    [`${GATEWAY}/chat/completions`, 'openai.chat'],
    [`${OPENAI}/completions`, 'openai.completions'],
    [`${DEPLOYED}/completions`, 'openai.completions'],
    ['https://api.mistral.ai/v1/fim/completions/', 'openai.completions'],
    [`${OPENAI}/responses/compact?beta=true`, 'openai.responses.compact'],
    ['https://a.googleapis.com/v1beta/models/g:generateContent', 'gemini.generate_content'],
    ['https://a.googleapis.com/v1/publishers/google/models/g:streamGenerateContent', 'gemini.generate_content'],
    [`${OPENAI}/responses`, 'openai.responses'],
    [`${AZURE}/v1/responses/`, 'openai.responses'],
    [`${OPENAI}/images/generations`, 'openai.images'],
    [`${DEPLOYED}/images/edits`, 'openai.images'],
    [`${OPENAI}/audio/speech`, 'openai.speech'],
    [`${DEPLOYED}/audio/transcriptions`, 'openai.transcription'],
    [`${OPENAI}/audio/translations`, 'openai.transcription'],
    [`${OPENAI}/embeddings`, 'openai.embeddings'],
    [`${DEPLOYED}/embeddings`, 'openai.embeddings'],
    ['https://api.anthropic.com/v1/messages', 'anthropic.messages'],
    ['https://contoso.services.ai.azure.com/anthropic/v1/messages', 'anthropic.messages'],
    [`${GATEWAY}/messages/`, 'anthropic.messages'],
  ])('%s is of %s alone', (url, name) => {
    expect(formatAt(url).map((format) => format.name)).toEqual([name])
  })

  it.each([
    `${OPENAI}/chat/completions/chatcmpl-1`,
    `${OPENAI}/mychat/completions-x`,
    'https://api.mistral.ai/v1/agents/completions',
    'https://a.googleapis.com/v1beta/models/g:countTokens',
    `${OPENAI}/responses/resp_1/cancel`,
    `${OPENAI}/images`,
    `${AZURE}/images/generations:submit`,
    'https://api.anthropic.com/v1/messages/count_tokens',
    'https://api.anthropic.com/v1/messages/batches',
    `${OPENAI}/threads/thread_1/messages`,
    'https://graph.microsoft.com/v1.0/chats/19:x/messages',
    'https://discord.com/api/v10/channels/1/messages',
    'https://chat.example/rooms/1/messages/',
    'https://chat.example/users/1/messages',
    'https://chat.example/conversations/1/messages',
  ])('%s is of none', (url) => {
    expect(formatAt(url)).toEqual([])
  })

  it('of its own examples is recognised by each format', () => {
    for (const { exampleUrls = [], recognises } of WIRE_FORMATS) {
      expect(exampleUrls).not.toEqual([])
      expect(exampleUrls.map((url) => recognises(new URL(url)))).not.toContain(false)
    }
  })

  it.each([
    [`${OPENAI}/chat/completions`, 'openai', 'openai'],
    ['https://eu.api.openai.com/v1/responses', 'openai', 'openai'],
    ['https://us.api.openai.com/v1/embeddings', 'openai', 'openai'],
    [`${AZURE}/v1/responses`, 'azure.ai.openai', undefined],
    ['https://contoso.services.ai.azure.com/models/chat/completions', 'azure.ai.openai', undefined],
    // A private endpoint.
    ['https://10.0.0.4/openai/deployments/prod/embeddings', 'azure.ai.openai', undefined],
    [`${GATEWAY}/chat/completions`, 'openai', undefined],
    ['https://notazure.com/v1/chat/completions', 'openai', undefined],
    ['https://api.mistral.ai/v1/chat/completions', 'openai', 'mistral'],
    ['https://api.deepseek.com/chat/completions', 'openai', 'deepseek'],
    ['https://api.x.ai/v1/chat/completions', 'openai', 'x-ai'],
    ['https://api.anthropic.com/v1/messages', 'anthropic', 'anthropic'],
    [`${GATEWAY}/messages`, 'anthropic', 'anthropic'],
    ['https://api.x.ai/v1/messages', 'anthropic', 'x-ai'],
  ])('%s is of the provider %s, whose models are made by %s', (url, provider, maker) => {
    const [format] = formatAt(url)
    expect(format?.provider(new URL(url))).toBe(provider)
    expect(format?.maker?.(new URL(url))).toBe(maker)
  })

  it('of Google for other SDKs is of models that Google makes', () => {
    const url = 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions'
    expect(openAiChat.maker?.(new URL(url))).toBe('google')
  })

  it('takes requests as long as its provider documents', () => {
    for (const format of [openAiChat, openAiResponses, openAiEmbeddings]) expect(format.maxRequestBytes).toBe(512e6)
    expect(anthropicMessages.maxRequestBytes).toBe(32 * 2 ** 20)
  })
})

/** What the tests below are about; a format may read more. */
function facts(format: WireFormat, url: string, body: Body) {
  const read = format.read(new URL(url), body)
  if (!read) return undefined
  const { model, inputs, maxOutputTokens, takesNoCap, isStream, attachments, terms } = read
  return {
    ...{ model, maxOutputTokens, isStream },
    ...(inputs === undefined ? {} : { inputs }),
    ...(takesNoCap ? { takesNoCap } : {}),
    ...(attachments?.isOpen ? { isOpen: true } : {}),
    ...(attachments?.tokens ? { tokens: attachments.tokens } : {}),
    ...(attachments?.references.length ? { references: attachments.references } : {}),
    ...(terms?.keepsCacheForHour ? { terms: { keepsCacheForHour: true } } : {}),
  }
}

const CHAT = { model: 'gpt-4o', messages: [] }
const plain = { model: 'gpt-4o', maxOutputTokens: undefined, isStream: false }
const hosted = { type: 'mcp', server_url: 'https://mcp.example' }
const forHour = { cache_control: { type: 'ephemeral', ttl: '1h' } }

describe('of a chat completion', () => {
  it.each<[Body, object]>([
    [{}, {}],
    [{ model: undefined }, { model: 'unnamed' }],
    [{ model: '' }, { model: 'unnamed' }],
    [{ max_tokens: 40 }, { maxOutputTokens: 40 }],
    [{ max_completion_tokens: 50, max_tokens: 40 }, { maxOutputTokens: 50 }],
    [{ max_tokens: 40, n: 3 }, { maxOutputTokens: 120 }],
    [{ max_tokens: 40, n: 2.7 }, { maxOutputTokens: 120 }],
    [{ max_tokens: 40, n: 1 }, { maxOutputTokens: 40 }],
    [{ max_tokens: 40, n: 0 }, { maxOutputTokens: 40 }],
    [{ max_tokens: 40, n: '3' }, { maxOutputTokens: 120 }],
    [{ max_tokens: 40, n: 2, best_of: 5 }, { maxOutputTokens: 200 }],
    [{ max_tokens: 40, n: 'three' }, { maxOutputTokens: 40 }],
    [{ max_tokens: 40, n: null }, { maxOutputTokens: 40 }],
    [{ max_tokens: 40, max_completion_tokens: 50 }, { maxOutputTokens: 50 }],
    [{ max_tokens: 50, max_completion_tokens: 40 }, { maxOutputTokens: 50 }],
    [{ max_tokens: '50', max_completion_tokens: 40 }, { maxOutputTokens: 40 }],
    [{ max_tokens: 1 }, { maxOutputTokens: 1 }],
    [{ max_tokens: 0 }, { takesNoCap: true }],
    [{ max_tokens: -1, max_completion_tokens: 50 }, { takesNoCap: true }],
    [{ max_tokens: '40' }, {}],
    [{ stream: true }, { isStream: true }],
    [{ stream: 'true' }, {}],
    [{ web_search_options: {} }, { isOpen: true }],
    [{ data_sources: [{}] }, { isOpen: true }],
    [{ search_parameters: { mode: 'on' } }, { isOpen: true }],
    [{ plugins: [{ id: 'web' }] }, { isOpen: true }],
    [{ plugins: [] }, {}],
    [{ search_parameters: { mode: 'off' } }, {}],
    [{ enable_search: true }, { isOpen: true }],
    [{ enable_search: false }, {}],
    [{ extra_body: { google: { tools: [{ google_search: {} }] } } }, { isOpen: true }],
    [
      { extra_body: { google: { cached_content: 'cachedContents/1' } } },
      { references: [{ id: 'cachedContents/1', grows: false }] },
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file_1' } }] }] },
      { references: [{ id: 'file_1', grows: false }] },
    ],
    [{ tools: [hosted] }, { isOpen: true }],
    [{ tools: [{ type: 'function', function: { name: 'f' } }] }, {}],
    ...[
      'gpt-4o-search-preview',
      'openai/gpt-4o:online',
      'sonar',
      'sonar-pro',
      'perplexity/sonar',
      'compound',
      'groq/compound-mini',
    ].map((model): [Body, object] => [{ model }, { model, isOpen: true }]),
    ...['research-1', 'my-sonar', 'x:onlinely', 'my-compound'].map((model): [Body, object] => [{ model }, { model }]),
  ])('%o is read: %o', (body, read) => {
    expect(facts(openAiChat, `${OPENAI}/chat/completions`, { ...CHAT, ...body })).toEqual({ ...plain, ...read })
  })

  it('the deployment in the path goes before the model in the body', () => {
    expect(facts(openAiChat, `${DEPLOYED}/chat/completions`, CHAT)).toMatchObject({ model: 'prod chat' })
  })

  it('nothing is read without messages', () => {
    expect(facts(openAiChat, `${OPENAI}/chat/completions`, { model: 'gpt-4o', messages: 'Hi' })).toBeUndefined()
  })

  it('an hour in the cache is read, which gateways pass on to Anthropic', () => {
    const marked = { ...CHAT, messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', ...forHour }] }] }
    const terms = { keepsCacheForHour: true }
    expect(facts(openAiChat, `${GATEWAY}/chat/completions`, marked)).toEqual({ ...plain, terms })
    expect(facts(openAiChat, `${GATEWAY}/chat/completions`, { ...CHAT, tools: [{ ...forHour }] })).toMatchObject({
      terms,
    })
    expect(facts(openAiChat, `${GATEWAY}/chat/completions`, { ...CHAT, ...forHour })).toMatchObject({ terms })
  })
})

describe('of a response', () => {
  const read = (body: Body) => facts(openAiResponses, `${OPENAI}/responses`, body)
  it.each<[Body, object]>([
    [{}, {}],
    [{ max_output_tokens: 1 }, { maxOutputTokens: 1 }],
    [{ max_output_tokens: 0 }, { takesNoCap: true }],
    [{ max_output_tokens: '9' }, {}],
    [{ stream: true }, { isStream: true }],
    [{ stream: 1 }, {}],
    [
      { model: undefined, prompt: { id: 'pmpt_1' } },
      { model: 'pmpt_1', references: [{ id: 'pmpt_1', grows: true }] },
    ],
    [{ prompt: { id: 'pmpt_1', variables: {} } }, { references: [{ id: 'pmpt_1', grows: true }] }],
    [{ prompt: null }, {}],
    [{ previous_response_id: 'resp_1' }, { references: [{ id: 'resp_1', grows: false }] }],
    [{ conversation: 'conv_1' }, { references: [{ id: 'conv_1', grows: true }] }],
    [{ conversation: { id: 'conv_1' } }, { references: [{ id: 'conv_1', grows: true }] }],
    [{ conversation: {} }, { isOpen: true }],
    [{ conversation: null }, {}],
    [{ tools: [hosted] }, { isOpen: true }],
  ])('%o is read: %o', (body, expected) => {
    expect(read({ model: 'gpt-4o', input: 'Hi', ...body })).toEqual({ ...plain, ...expected })
  })

  it('files are read in its input and in the variables of its prompt', () => {
    const file = { type: 'input_file', file_id: 'file_1' }
    const references = [{ id: 'file_1', grows: false }]
    expect(read({ input: [{ role: 'user', content: [file] }] })).toMatchObject({ references })
    expect(read({ prompt: { variables: { file } } })).toMatchObject({ references })
  })
})

describe('of embeddings', () => {
  it.each([
    ['a text', 1],
    [['a', 'b'], 2],
    [[1, 2, 3], 1],
    [[[1, 2], [3]], 2],
    [[], 1],
  ])('%o are %i inputs', (input, inputs) => {
    const read = facts(openAiEmbeddings, `${OPENAI}/embeddings`, { model: 'e', input })
    expect(read).toEqual({ model: 'e', inputs, maxOutputTokens: 0, isStream: false })
  })

  it('the deployment in the path goes before the model in the body, and nothing is read without an input', () => {
    expect(facts(openAiEmbeddings, `${DEPLOYED}/embeddings`, { model: 'e', input: 'x' })).toMatchObject({
      model: 'prod chat',
    })
    expect(facts(openAiEmbeddings, `${OPENAI}/embeddings`, { model: 'e' })).toBeUndefined()
  })
})

describe('of a message', () => {
  const base = { model: 'claude-sonnet-4-5', max_tokens: 100, messages: [] }
  const basic = { model: 'claude-sonnet-4-5', maxOutputTokens: 100, isStream: false }
  const terms = { keepsCacheForHour: true }
  it.each<[Body, object]>([
    [{}, {}],
    [{ stream: true }, { isStream: true }],
    [{ stream: 'yes' }, {}],
    [{ max_tokens: 1 }, { maxOutputTokens: 1 }],
    [{ max_tokens: 0 }, { maxOutputTokens: 0 }],
    [{ max_tokens: '100' }, { maxOutputTokens: undefined }],
    [{ model: null }, { model: 'unnamed' }],
    [{ mcp_servers: [{}] }, { isOpen: true }],
    [{ mcp_servers: [] }, {}],
    [{ container: { skills: [] } }, { isOpen: true }],
    [{ container: 'container_1' }, {}],
    [{ container: null }, {}],
    // The prompt of tools, and the definition of each that Anthropic has itself.
    [{ tools: [] }, {}],
    [{ tools: [{ name: 'f' }] }, { tokens: 600 }],
    [{ tools: [{ type: 'custom', name: 'f' }] }, { tokens: 600 }],
    [{ tools: [{ type: 'bash_20250124' }, { name: 'f' }, null] }, { tokens: 1600 }],
    [{ tools: [{ type: 'web_search_20250305' }] }, { tokens: 1600, isOpen: true }],
    [forHour, { terms }],
    [{ system: [{ type: 'text', text: 'Be brief', ...forHour }] }, { terms }],
    [{ messages: [{ role: 'user', content: [{ type: 'tool_result', content: [{ ...forHour }] }] }] }, { terms }],
    [{ tools: [{ name: 'f', ...forHour }] }, { terms, tokens: 600 }],
    [{ cache_control: { type: 'ephemeral', ttl: '5m' } }, {}],
    [{ cache_control: null }, {}],
    [
      { system: [{ type: 'document', source: { type: 'file', file_id: 'file_1' } }] },
      { references: [{ id: 'file_1', grows: false }] },
    ],
  ])('%o is read: %o', (body, read) => {
    const found = facts(anthropicMessages, 'https://api.anthropic.com/v1/messages', { ...base, ...body })
    expect(found).toEqual({ ...basic, ...read })
  })

  it('what any model may cost that answers if another declines is read', () => {
    const thinking = { type: 'enabled', budget_tokens: 300 }
    const fallbacks = [{ model: 'b', max_tokens: 900, speed: 'fast', thinking }, { model: 'c', max_tokens: 7 }, null]
    const url = new URL('https://api.anthropic.com/v1/messages')
    expect(anthropicMessages.read(url, { ...base, fallbacks }, new Headers())).toMatchObject({
      maxOutputTokens: 900,
      thinkingTokens: 300,
      terms: { otherModels: ['b', 'c'], speed: 'fast' },
    })
  })

  it('nothing is read without messages', () => {
    expect(facts(anthropicMessages, 'https://api.anthropic.com/v1/messages', { model: 'm' })).toBeUndefined()
  })
})

/** What is sent in place of a request; the text itself where nothing has to change. */
function written(format: WireFormat, url: string, body: Body, change: Partial<RequestChange>) {
  const text = ` ${JSON.stringify(body)} `
  const request = { url: new URL(url), headers: new Headers(), text, body }
  const read = format.read(request.url, body)
  const { model = 'unnamed', maxOutputTokens } = { ...read, ...change }
  const sent = format.write(request, { model, maxOutputTokens })
  return { url: sent.url.href, body: sent.text === text ? 'as it came' : JSON.parse(sent.text) }
}

describe('is written', () => {
  const chat = `${OPENAI}/chat/completions`
  it.each<[string, WireFormat, string, Body, Partial<RequestChange>, unknown]>([
    ['a chat as it came', openAiChat, chat, { ...CHAT, max_tokens: 9 }, {}, 'as it came'],
    [
      'a stream that asks for its usage as it came',
      openAiChat,
      chat,
      { ...CHAT, stream: true, stream_options: { include_usage: true } },
      {},
      'as it came',
    ],
    [
      'a stream with its usage asked for, beside its other options',
      openAiChat,
      chat,
      { ...CHAT, stream: true, stream_options: { include_usage: false, include_obfuscation: false } },
      {},
      { ...CHAT, stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
    ],
    ['a chat for another model', openAiChat, chat, CHAT, { model: 'gpt-4o-mini' }, { ...CHAT, model: 'gpt-4o-mini' }],
    [
      'a chat with a cap that it had not',
      openAiChat,
      chat,
      CHAT,
      { maxOutputTokens: 10 },
      { ...CHAT, max_completion_tokens: 10 },
    ],
    [
      'a chat with a smaller cap in the field that it used',
      openAiChat,
      chat,
      { ...CHAT, max_tokens: 99 },
      { maxOutputTokens: 10 },
      { ...CHAT, max_tokens: 10 },
    ],
    [
      'a chat with both caps in both, for nobody knows which counts',
      openAiChat,
      chat,
      { ...CHAT, max_tokens: 99, max_completion_tokens: 98 },
      { maxOutputTokens: 10 },
      { ...CHAT, max_tokens: 10, max_completion_tokens: 10 },
    ],
    [
      'a chat of three choices with a third for each',
      openAiChat,
      chat,
      { ...CHAT, n: 3, max_tokens: 50 },
      { maxOutputTokens: 100 },
      { ...CHAT, n: 3, max_tokens: 33 },
    ],
    [
      'a chat of three choices with a token for each',
      openAiChat,
      chat,
      { ...CHAT, n: 3, max_tokens: 50 },
      { maxOutputTokens: 3 },
      { ...CHAT, n: 3, max_tokens: 1 },
    ],
    [
      'a chat of three choices with fewer, where there are less tokens',
      openAiChat,
      chat,
      { ...CHAT, n: 3, max_tokens: 50 },
      { maxOutputTokens: 2 },
      { ...CHAT, n: 2, max_tokens: 1 },
    ],
    [
      'a chat without a cap where the cap stays as it was',
      openAiChat,
      chat,
      { ...CHAT, max_tokens: 50 },
      { model: 'm', maxOutputTokens: undefined },
      { ...CHAT, model: 'm', max_tokens: 50 },
    ],
    [
      'a response as it came',
      openAiResponses,
      `${OPENAI}/responses`,
      { model: 'a', input: '', max_output_tokens: 5 },
      {},
      'as it came',
    ],
    ['a response without a cap as it came', openAiResponses, `${OPENAI}/responses`, { model: 'a' }, {}, 'as it came'],
    [
      'a response for another model',
      openAiResponses,
      `${OPENAI}/responses`,
      { model: 'a', max_output_tokens: 5 },
      { model: 'b' },
      { model: 'b', max_output_tokens: 5 },
    ],
    [
      'a response with a cap, and no model where a stored prompt brings it',
      openAiResponses,
      `${OPENAI}/responses`,
      { prompt: { id: 'p' } },
      { maxOutputTokens: 5 },
      { prompt: { id: 'p' }, max_output_tokens: 5 },
    ],
    [
      'embeddings as they came',
      openAiEmbeddings,
      `${OPENAI}/embeddings`,
      { model: 'a', input: 'x' },
      { maxOutputTokens: 7 },
      'as it came',
    ],
    [
      'embeddings for another model',
      openAiEmbeddings,
      `${OPENAI}/embeddings`,
      { model: 'a', input: 'x' },
      { model: 'b' },
      { model: 'b', input: 'x' },
    ],
    [
      'a message as it came',
      anthropicMessages,
      'https://api.anthropic.com/v1/messages',
      { model: 'a', messages: [], max_tokens: 5 },
      {},
      'as it came',
    ],
    [
      'a message with its own cap where none is given',
      anthropicMessages,
      'https://api.anthropic.com/v1/messages',
      { model: 'a', messages: [], max_tokens: 5 },
      { maxOutputTokens: undefined },
      'as it came',
    ],
    [
      'a message for another model',
      anthropicMessages,
      'https://api.anthropic.com/v1/messages',
      { model: 'a', messages: [], max_tokens: 5 },
      { model: 'b' },
      { model: 'b', messages: [], max_tokens: 5 },
    ],
    [
      'a message with another cap for each model that may answer',
      anthropicMessages,
      'https://api.anthropic.com/v1/messages',
      { model: 'a', messages: [], max_tokens: 5, fallbacks: [{ model: 'b', max_tokens: 9 }, { model: 'c' }] },
      { maxOutputTokens: 7 },
      { model: 'a', messages: [], max_tokens: 5, fallbacks: [{ model: 'b', max_tokens: 7 }, { model: 'c' }] },
    ],
    [
      'a message without a name with another cap',
      anthropicMessages,
      'https://api.anthropic.com/v1/messages',
      { messages: [], max_tokens: 5 },
      { maxOutputTokens: 4 },
      { messages: [], max_tokens: 4 },
    ],
  ])('%s', (_, format, url, body, change, expected) => {
    expect(written(format, url, body, change)).toEqual({ url, body: expected })
  })

  it('to the path of another deployment, whose name may need escapes', () => {
    const url = (name: string, operation: string) => `${AZURE}/deployments/${name}/${operation}?api-version=1`
    expect(written(openAiChat, url('prod', 'chat/completions'), { messages: [] }, { model: 'a b' })).toEqual({
      url: url('a%20b', 'chat/completions'),
      body: { messages: [], model: 'a b' },
    })
    expect(written(openAiEmbeddings, url('prod', 'embeddings'), { input: 'x' }, { model: 'a/b' })).toEqual({
      url: url('a%2Fb', 'embeddings'),
      body: { input: 'x', model: 'a/b' },
    })
    const capped = written(openAiChat, url('prod', 'chat/completions'), { messages: [] }, { maxOutputTokens: 3 })
    expect(capped.url).toBe(url('prod', 'chat/completions'))
    expect(capped.body).toEqual({ messages: [], max_completion_tokens: 3 })
  })
})

describe('a refusal', () => {
  const refusal = { message: 'No', type: 'budget_error', code: 'budget_exceeded', details: { left_usd: 0 } }
  it.each(WIRE_FORMATS)('has the shape of the errors of its provider: $name', (format) => {
    const { message, type, code } = refusal
    const bodies: Readonly<Record<string, object>> = {
      'anthropic.messages': { type: 'error', error: { type, message, code, left_usd: 0 } },
      'gemini.generate_content': { error: { message, status: type, code, left_usd: 0 } },
    }
    const body = bodies[format.name] ?? { error: { message, type, code, param: null, left_usd: 0 } }
    expect(format.errorBody(refusal)).toEqual(body)
  })

  it('names what its call did', () => {
    const operations = Object.fromEntries(WIRE_FORMATS.map(({ name, operation }) => [name, operation]))
    const chats = ['openai.chat', 'openai.responses', 'openai.responses.compact', 'anthropic.messages']
    expect(operations).toEqual({
      ...Object.fromEntries([...chats, 'gemini.generate_content', 'vercel.ai_gateway'].map((name) => [name, 'chat'])),
      'openai.embeddings': 'embeddings',
      'openai.completions': 'text_completion',
      'openai.images': 'image_generation',
      'openai.speech': 'text_to_speech',
      'openai.transcription': 'transcription',
    })
  })
})
