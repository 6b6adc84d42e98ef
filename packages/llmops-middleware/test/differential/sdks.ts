import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { ChatOpenAI } from '@langchain/openai'
import { OpenAIProvider } from '@openai/agents'
import { generateText, jsonSchema, type LanguageModel, streamText, type ToolSet, tool } from 'ai'
import OpenAI from 'openai'
import OpenAI5 from 'openai-5'
import { HTTPClient, Mistral } from '../support/mistral-sdk.mjs'
import { type FormatName, MODELS } from './answers.ts'

/** What the caller of an SDK saw. */
export type Seen = { readonly parts: unknown[]; readonly error?: unknown }

export type Sdk = {
  readonly name: string
  readonly format: FormatName
  readonly isStream: boolean
  readonly ask: (url: string, fetch: typeof globalThis.fetch) => Promise<unknown>
}

const messages = [{ role: 'user' as const, content: 'Pay ada' }]
const prompt = 'Pay ada'
const chatRequest = { model: MODELS.chat, messages, max_completion_tokens: 50 }
const responsesRequest = { model: MODELS.responses, input: prompt, max_output_tokens: 50 }
const messagesRequest = { model: MODELS.messages, messages, max_tokens: 50 }
const quiet = { apiKey: 'any', maxRetries: 0, logLevel: 'off' } as const

const openai = (url: string, fetch: typeof globalThis.fetch) => new OpenAI({ ...quiet, baseURL: `${url}/v1`, fetch })
const openai5 = (url: string, fetch: typeof globalThis.fetch) => new OpenAI5({ ...quiet, baseURL: `${url}/v1`, fetch })
const anthropic = (url: string, fetch: typeof globalThis.fetch) => new Anthropic({ ...quiet, baseURL: url, fetch })
const mistral = (url: string, fetch: typeof globalThis.fetch) =>
  new Mistral({ apiKey: 'any', serverURL: url, httpClient: new HTTPClient({ fetcher: fetch }) })
const langChain = (url: string, fetch: typeof globalThis.fetch, useResponsesApi = false) =>
  new ChatOpenAI({
    model: MODELS.chat,
    apiKey: 'any',
    maxRetries: 0,
    maxTokens: 50,
    useResponsesApi,
    configuration: { ...quiet, baseURL: `${url}/v1`, fetch },
  })
const agentsModel = (url: string, fetch: typeof globalThis.fetch, useResponses: boolean) =>
  new OpenAIProvider({ openAIClient: openai(url, fetch) as never, useResponses }).getModel(MODELS.chat)
const agentsRequest = {
  input: prompt,
  modelSettings: { maxTokens: 50 },
  tools: [],
  outputType: 'text',
  handoffs: [],
  tracing: false,
} as const

type ModelOf = (url: string, fetch: typeof globalThis.fetch) => LanguageModel
const AI_MODELS: readonly (readonly [string, FormatName, ModelOf])[] = [
  ['chat', 'chat', (url, fetch) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch }).chat(MODELS.chat)],
  [
    'responses',
    'responses',
    (url, fetch) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch }).responses(MODELS.chat),
  ],
  [
    'openai-compatible',
    'chat',
    (url, fetch) => createOpenAICompatible({ name: 'any', baseURL: `${url}/v1`, apiKey: 'any', fetch })(MODELS.chat),
  ],
  [
    'anthropic',
    'messages',
    (url, fetch) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'any', fetch })(MODELS.messages),
  ],
]
const aiTools: ToolSet = { pay: tool({ inputSchema: jsonSchema({ type: 'object', additionalProperties: true }) }) }
const aiCall = {
  prompt,
  maxRetries: 0,
  maxOutputTokens: 50,
  tools: aiTools,
} as const

async function eventsIn(stream: Promise<AsyncIterable<unknown>> | AsyncIterable<unknown>): Promise<Seen> {
  const parts: unknown[] = []
  try {
    for await (const event of await stream) parts.push(structuredClone(toPlain(event)))
    return { parts }
  } catch (error) {
    return { parts, error }
  }
}

/** Its parts have clocks and ids of its own in them. */
async function aiPartsIn(model: LanguageModel): Promise<Seen> {
  const { parts, ...rest } = await eventsIn(streamText({ ...aiCall, model, onError: () => {} }).fullStream)
  const stable = (parts as { type: string; [field: string]: unknown }[]).map(
    ({ type, text, input, toolName, delta, finishReason, rawFinishReason, totalUsage, error }) => ({
      type,
      text,
      input,
      toolName,
      delta,
      finishReason,
      rawFinishReason,
      totalUsage,
      error: shapeOf(error),
    }),
  )
  return { parts: stable, ...rest }
}

export const SDKS: readonly Sdk[] = [
  {
    name: 'openai, chat',
    format: 'chat',
    isStream: false,
    ask: (url, fetch) => openai(url, fetch).chat.completions.create(chatRequest),
  },
  {
    name: 'openai, chat stream',
    format: 'chat',
    isStream: true,
    ask: (url, fetch) => eventsIn(openai(url, fetch).chat.completions.create({ ...chatRequest, stream: true })),
  },
  {
    name: 'openai, chat stream that asks for its usage',
    format: 'chat',
    isStream: true,
    ask: (url, fetch) =>
      eventsIn(
        openai(url, fetch).chat.completions.create({
          ...chatRequest,
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
  },
  {
    name: 'openai, chat stream helper',
    format: 'chat',
    isStream: true,
    ask: (url, fetch) => openai(url, fetch).chat.completions.stream(chatRequest).finalChatCompletion(),
  },
  {
    name: 'openai, response',
    format: 'responses',
    isStream: false,
    ask: (url, fetch) => openai(url, fetch).responses.create(responsesRequest),
  },
  {
    name: 'openai, response stream',
    format: 'responses',
    isStream: true,
    ask: (url, fetch) => eventsIn(openai(url, fetch).responses.create({ ...responsesRequest, stream: true })),
  },
  {
    name: 'openai, response stream helper',
    format: 'responses',
    isStream: true,
    ask: (url, fetch) => openai(url, fetch).responses.stream(responsesRequest).finalResponse(),
  },
  {
    name: 'openai 5, chat',
    format: 'chat',
    isStream: false,
    ask: (url, fetch) => openai5(url, fetch).chat.completions.create(chatRequest),
  },
  {
    name: 'openai 5, chat stream',
    format: 'chat',
    isStream: true,
    ask: (url, fetch) => eventsIn(openai5(url, fetch).chat.completions.create({ ...chatRequest, stream: true })),
  },
  {
    name: 'openai 5, response stream',
    format: 'responses',
    isStream: true,
    ask: (url, fetch) => eventsIn(openai5(url, fetch).responses.create({ ...responsesRequest, stream: true })),
  },
  {
    name: 'Anthropic',
    format: 'messages',
    isStream: false,
    ask: (url, fetch) => anthropic(url, fetch).messages.create(messagesRequest),
  },
  {
    name: 'Anthropic, stream',
    format: 'messages',
    isStream: true,
    ask: (url, fetch) => eventsIn(anthropic(url, fetch).messages.create({ ...messagesRequest, stream: true })),
  },
  {
    name: 'Anthropic, stream helper',
    format: 'messages',
    isStream: true,
    ask: (url, fetch) => anthropic(url, fetch).messages.stream(messagesRequest).finalMessage(),
  },
  ...AI_MODELS.flatMap(([name, format, modelOf]): Sdk[] => [
    {
      name: `AI SDK, ${name}`,
      format,
      isStream: false,
      ask: async (url, fetch) => {
        const { text, toolCalls, finishReason, usage } = await generateText({ ...aiCall, model: modelOf(url, fetch) })
        return { text, inputs: toolCalls.map(({ input }) => input), finishReason, usage }
      },
    },
    {
      name: `AI SDK, ${name} stream`,
      format,
      isStream: true,
      ask: (url, fetch) => aiPartsIn(modelOf(url, fetch)),
    },
  ]),
  {
    name: 'LangChain',
    format: 'chat',
    isStream: false,
    ask: (url, fetch) => langChain(url, fetch).invoke(prompt),
  },
  {
    name: 'LangChain, stream',
    format: 'chat',
    isStream: true,
    ask: (url, fetch) => eventsIn(langChain(url, fetch).stream(prompt)),
  },
  {
    name: 'LangChain, response stream',
    format: 'responses',
    isStream: true,
    ask: (url, fetch) => eventsIn(langChain(url, fetch, true).stream(prompt)),
  },
  {
    name: 'Agents, chat',
    format: 'chat',
    isStream: false,
    ask: async (url, fetch) => (await agentsModel(url, fetch, false)).getResponse(agentsRequest as never),
  },
  {
    name: 'Agents, chat stream',
    format: 'chat',
    isStream: true,
    ask: async (url, fetch) =>
      eventsIn((await agentsModel(url, fetch, false)).getStreamedResponse(agentsRequest as never)),
  },
  {
    name: 'Agents, response stream',
    format: 'responses',
    isStream: true,
    ask: async (url, fetch) =>
      eventsIn((await agentsModel(url, fetch, true)).getStreamedResponse(agentsRequest as never)),
  },
  {
    name: 'Mistral',
    format: 'chat',
    isStream: false,
    ask: (url, fetch) => mistral(url, fetch).chat.complete({ model: MODELS.chat, messages, maxTokens: 50 }),
  },
  {
    name: 'Mistral, stream',
    format: 'chat',
    isStream: true,
    ask: (url, fetch) => eventsIn(mistral(url, fetch).chat.stream({ model: MODELS.chat, messages, maxTokens: 50 })),
  },
]

/** What was seen, in values that can be compared. */
export async function seenBy(sdk: Sdk, url: string, fetch: typeof globalThis.fetch): Promise<Seen> {
  try {
    const answer = await sdk.ask(url, fetch)
    if (isSeen(answer)) return { parts: answer.parts, ...('error' in answer ? { error: shapeOf(answer.error) } : {}) }
    return { parts: [toPlain(answer)] }
  } catch (error) {
    return { parts: [], error: shapeOf(error) }
  }
}

function isSeen(value: unknown): value is Seen {
  return typeof value === 'object' && value !== null && 'parts' in value && Array.isArray(value.parts)
}

/** What an application can tell an error by. Where it was made is none of it. */
export function shapeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return toPlain(error)
  const { name, message, status, code, type, error: body } = error as Error & Record<string, unknown>
  return { name, message, ...toObject({ status, code, type, body }) }
}

const toObject = (value: object) => toPlain(value) as object

/** By JSON, without what differs from one call to the next. */
function toPlain(value: unknown): unknown {
  if (value === undefined) return undefined
  const text = JSON.stringify(value, (key, inner) => (OWN_FIELDS.has(key) ? undefined : inner))
  return text === undefined ? undefined : JSON.parse(text)
}

/** What a route tells the SDK about its failures; then clocks, ids and requests of the SDKs' own, and where the answer came from. */
const OWN_FIELDS = new Set([
  'x-should-retry',
  '_request_id',
  'latency',
  'timestamp',
  'request_id',
  'sdkHttpResponse',
  'rawResponse',
])
