import { counted, type Usage } from '../../usage.ts'
import { Attachments } from '../input/attachments.ts'
import type { AnswerFacts, EventVerdict, StreamFailure, StreamReader, WireFormat } from '../wire-format.ts'
import { hasNoBound, largestCap } from './caps.ts'
import { DeliveredText } from './delivered-text.ts'
import { finalUsage, hasGenerated } from './final-usage.ts'
import { countTexts } from './generated-texts.ts'
import { reasonsUnseen } from './hidden-reasoning.ts'
import { hostsTools } from './hosted-tools.ts'
import { namedModel } from './named-model.ts'
import { parseEvent } from './parse-event.ts'
import { errorInPlaceOf, providerError } from './provider-error.ts'
import { OPENAI_MAX_REQUEST_BYTES } from './request-limits.ts'
import { requestTerms } from './request-terms.ts'

type Body = Readonly<Record<string, unknown>>

const MODEL = 'ai-language-model-id'
const STREAMING = 'ai-language-model-streaming'

/** The format that the AI SDK uses for Vercel's AI Gateway, with the model in a header (`@ai-sdk/gateway`). */
export const aiGateway: WireFormat = {
  name: 'vercel.ai_gateway',
  operation: 'chat',
  recognises: ({ pathname }) => /\/ai\/language-model\/?$/.test(pathname),
  exampleUrls: ['https://ai-gateway.vercel.sh/v4/ai/language-model'],
  maxRequestBytes: OPENAI_MAX_REQUEST_BYTES,
  provider: () => 'vercel.ai_gateway',
  promisesEnd: () => true,

  read(_, body, headers) {
    const model = headers?.get(MODEL)
    if (!Array.isArray(body['prompt']) || !model) return undefined
    const attachments = new Attachments()
    attach(attachments, body['prompt'], 0)
    if (hostsTools(body['tools'])) attachments.isOpen = true
    return {
      model: namedModel(model),
      attachments,
      maxOutputTokens: largestCap(body['maxOutputTokens']),
      ...(hasNoBound(body['maxOutputTokens']) && { takesNoCap: true }),
      thinkingTokens: thinkingOf(body),
      terms: requestTerms({}, attachments),
      isStream: headers?.get(STREAMING) === 'true',
    }
  },

  write({ url, text, body, headers }, { model, maxOutputTokens }) {
    const isSameCap = maxOutputTokens === undefined || maxOutputTokens === body['maxOutputTokens']
    return {
      url,
      text: isSameCap ? text : JSON.stringify({ ...body, maxOutputTokens }),
      ...(model === headers.get(MODEL) ? {} : { headers: { [MODEL]: model } }),
    }
  },

  readAnswer(body) {
    const usage = counted(readUsage(body['usage']))
    const { modelId } = (body['response'] ?? {}) as Body
    return {
      ...(usage ? finalUsage(usage, () => hasGenerated(body['content'])) : errorInPlaceOf(body['content'], body)),
      ...(typeof modelId === 'string' ? { model: modelId } : {}),
      finishReasons: [reasonOf(body['finishReason'])],
    }
  },

  streamReader: ({ headers }) => new GatewayStreamReader(headers.get(MODEL) ?? ''),

  errorBody: ({ message, type, code, details }) => ({ error: { message, type, code, param: null, ...details } }),
}

/** Claude's thinking budget, in the names that the AI SDK passes on. */
function thinkingOf({ providerOptions }: Body): number | undefined {
  const { anthropic } = (providerOptions ?? {}) as Readonly<Record<string, Body | undefined>>
  return largestCap((anthropic?.['thinking'] as Body | null | undefined)?.['budgetTokens'])
}

const MAX_DEPTH = 16

/** Adds files by kind. The size of a file that is not an image is not known. */
function attach(attachments: Attachments, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > MAX_DEPTH) {
    attachments.isOpen = true
    return
  }
  const part = value as Body
  if (part['type'] === 'file' || part['type'] === 'reasoning-file') {
    const isPicture = String(part['mediaType']).startsWith('image/')
    if (isPicture) attachments.read({ type: 'image', source: inside(part) })
    else attachments.isOpen = true
    return
  }
  for (const each of Array.isArray(value) ? value : Object.values(part)) attach(attachments, each, depth + 1)
}

/** The data is in the part itself, or in an object (`{ type: 'data', data }`). */
function inside(part: Body): Body {
  const { data } = part
  return typeof data === 'object' && data !== null ? (data as Body) : part
}

/** Counts are numbers; since version 4 they are objects with parts. */
function readUsage(value: unknown): Usage | undefined {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = (value ?? {}) as Body
  const input = partsOf(inputTokens)
  const output = partsOf(outputTokens)
  if (typeof input['total'] !== 'number') return undefined
  const cacheWriteTokens = count(input['cacheWrite'])
  return {
    inputTokens: input['total'],
    cachedInputTokens: count(input['cacheRead'] ?? cachedInputTokens),
    ...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
    outputTokens: count(output['total']),
    reasoningTokens: count(output['reasoning'] ?? reasoningTokens),
  }
}

function partsOf(count: unknown): Body {
  return typeof count === 'object' && count !== null ? (count as Body) : { total: count }
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function reasonOf(reason: unknown): string {
  return String((reason as { readonly unified?: unknown } | null | undefined)?.unified ?? reason)
}

const BEGINNINGS = new Set(['stream-start', 'response-metadata', 'raw'])

class GatewayStreamReader implements StreamReader {
  readonly #delivered = new DeliveredText()
  readonly #asked: string
  #facts: AnswerFacts = { finishReasons: [] }
  #model: string | undefined
  isComplete = false
  hasBegun = false
  failure: StreamFailure | undefined

  constructor(asked: string) {
    this.#asked = asked
  }

  get deliveredTokens(): number {
    return this.#delivered.tokens
  }

  get hidesTokens(): boolean {
    return reasonsUnseen(this.#asked.slice(this.#asked.lastIndexOf('/') + 1), undefined)
  }

  read(_: string | undefined, data: string): EventVerdict {
    const part = parseEvent<Body>(data)
    if (!part) return 'malformed'
    this.hasBegun ||= !BEGINNINGS.has(String(part['type']))
    if (typeof part['modelId'] === 'string') this.#model = part['modelId']
    if (part['type'] === 'error') this.failure ??= { error: part['error'] ?? part, isTold: true }
    if (String(part['type']).endsWith('-delta')) countTexts(part['delta'], this.#delivered)
    if (part['type'] === 'finish') {
      const usage = counted(readUsage(part['usage']))
      this.isComplete = true
      const billed = usage && finalUsage(usage, () => this.#delivered.pieces > 0)
      this.#facts = { ...billed, finishReasons: [reasonOf(part['finishReason'])] }
    }
    return 'forward'
  }

  facts(): AnswerFacts {
    return {
      ...this.#facts,
      ...providerError(this.failure?.error),
      ...(this.#model === undefined ? {} : { model: this.#model }),
    }
  }
}
