import { counted, isCount, isSound, type Usage, withSoundParts } from '../../usage.ts'
import { Attachments } from '../input/attachments.ts'
import type { AnswerFacts, EventVerdict, StreamFailure, StreamReader, WireFormat } from '../wire-format.ts'
import { largestCap } from './caps.ts'
import { countOf } from './count-of.ts'
import { DeliveredText } from './delivered-text.ts'
import { finalUsage, hasGenerated } from './final-usage.ts'
import { countTexts } from './generated-texts.ts'
import { hostsTools } from './hosted-tools.ts'
import { makerAt, promisesEnd } from './makers.ts'
import { mergeCounts } from './merge-counts.ts'
import { namedModel } from './named-model.ts'
import { endsWithOperation } from './openai-paths.ts'
import { parseEvent } from './parse-event.ts'
import { errorInPlaceOf, providerError } from './provider-error.ts'
import { ANTHROPIC_MAX_REQUEST_BYTES } from './request-limits.ts'
import { requestTerms } from './request-terms.ts'
import { translateMessages } from './translate-parameters.ts'

/** Other APIs whose paths end in `/messages`, such as the threads of OpenAI's assistants. */
const OTHER_MESSAGES = /\/(threads|channels|chats|conversations|rooms|users)\/[^/]+\/messages/

/** Anthropic's Messages API (docs.anthropic.com/en/api/messages). */
export const anthropicMessages: WireFormat = {
  name: 'anthropic.messages',
  operation: 'chat',
  recognises: (url) => endsWithOperation(url, 'messages') && !OTHER_MESSAGES.test(url.pathname),
  exampleUrls: ['https://api.anthropic.com/v1/messages'],
  maxRequestBytes: ANTHROPIC_MAX_REQUEST_BYTES,
  provider: () => 'anthropic',
  maker: (url) => makerAt(url) ?? 'anthropic',
  promisesEnd,

  read(_, body) {
    const model = namedModel(body['model'])
    if (!Array.isArray(body['messages'])) return undefined
    const attachments = attachmentsOf(body)
    const attempts: readonly Attempt[] = [body, ...fallbacksOf(body)]
    const isFast = attempts.some(({ speed }) => speed === 'fast')
    return {
      model,
      attachments,
      maxOutputTokens: mostOutputOf(body),
      thinkingTokens: largestCap(...attempts.map(({ thinking }) => thinking?.budget_tokens)),
      terms: requestTerms(isFast ? { ...body, speed: 'fast' } : body, attachments),
      isStream: body['stream'] === true,
    }
  },

  write({ url, text, body }, { model, maxOutputTokens = mostOutputOf(body) }) {
    const isSame = model === namedModel(body['model'])
    if (isSame && maxOutputTokens === mostOutputOf(body)) return { url, text }
    const changed = { ...body, ...(isSame ? {} : { model }), ...cappedAt(maxOutputTokens, body) }
    return { url, text: JSON.stringify(changed) }
  },

  translate: translateMessages,

  readAnswer(body) {
    const usage = counted(readUsage(body['usage'] as AnthropicUsage | undefined))
    return {
      ...(usage
        ? { ...finalUsage(usage, () => hasGenerated(body['content'])), ...addedUsage(body['usage'] as AnthropicUsage) }
        : errorInPlaceOf(body['content'], body)),
      ...(typeof body['id'] === 'string' ? { id: body['id'] } : {}),
      ...(typeof body['model'] === 'string' ? { model: body['model'] } : {}),
      finishReasons: [String(body['stop_reason'])],
    }
  },

  streamReader: ({ body }) => new MessagesStreamReader(body),
  errorBody: ({ message, type, code, details }) => ({ type: 'error', error: { type, message, code, ...details } }),
}

/** What a request says of one attempt: its own fields, or those of a model that answers if an earlier one declines. */
type Attempt = {
  readonly max_tokens?: unknown
  readonly speed?: unknown
  readonly thinking?: { readonly budget_tokens?: unknown } | null
}

type Body = Readonly<Record<string, unknown>>

const fallbacksOf = (body: Body): readonly Attempt[] => listOf(body['fallbacks']).filter(isSet) as readonly Attempt[]

/** Each fallback may have a cap of its own. 0 is a cap: it fills the cache and generates nothing. */
function mostOutputOf(body: Body): number | undefined {
  const { max_tokens: cap } = body
  return largestCap(cap, ...fallbacksOf(body).map((attempt) => attempt.max_tokens)) ?? (cap === 0 ? 0 : undefined)
}

/** The caps of the request and of its fallbacks, none above `most`. */
function cappedAt(most: number | undefined, body: Body): Body {
  const { max_tokens: cap, fallbacks } = body
  const isBelow = typeof cap === 'number' && cap >= 0 && cap < Number(most)
  if (!Array.isArray(fallbacks)) return { max_tokens: isBelow ? cap : most }
  const capped = (entry: Attempt | null) =>
    Number(entry?.max_tokens) > Number(most) ? { ...entry, max_tokens: most } : entry
  return { max_tokens: isBelow ? cap : most, fallbacks: fallbacks.map(capped) }
}

/** The system prompt for tools has up to 530 tokens, the definition of one of Anthropic's own tools up to 735 (pricing page). */
const TOOL_PROMPT_TOKENS = 600
const OWN_TOOL_TOKENS = 1000

function attachmentsOf(body: Readonly<Record<string, unknown>>): Attachments {
  const { messages, system, tools, mcp_servers: servers, container } = body
  const attachments = new Attachments()
  attachments.read(messages)
  attachments.read(system)
  if (
    hostsTools(tools) ||
    hostsTools(addedTools(messages)) ||
    (Array.isArray(servers) && servers.length > 0) ||
    isSet(container)
  ) {
    attachments.isOpen = true
  }
  readThread(body['thread'], attachments)
  if (Array.isArray(tools) && tools.length > 0) {
    attachments.tokens += TOOL_PROMPT_TOKENS
    for (const tool of tools) if ((tool?.type ?? 'custom') !== 'custom') attachments.tokens += OWN_TOOL_TOKENS
  }
  return attachments
}

type Block = {
  readonly type?: unknown
  readonly tool?: { readonly definition?: unknown } | null
  readonly tool_changes?: unknown
} | null

/** The tools that messages define: a conversation can get tools in its middle, and a summary of it repeats them. */
function addedTools(messages: unknown): unknown[] {
  return listOf(messages)
    .flatMap((message) => listOf((message as { readonly content?: unknown } | null)?.content))
    .flatMap((block) => [block, ...listOf((block as Block)?.tool_changes)])
    .filter((block) => (block as Block)?.type === 'tool_addition')
    .map((block) => (block as Block)?.tool?.definition)
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/**
 * A thread is a conversation that the provider keeps: later requests have only what is new, without the system prompt and
 * the tools. The tool runner of Anthropic's SDK uses threads by itself.
 */
function readThread(thread: unknown, attachments: Attachments): void {
  if (!isSet(thread)) return
  const { type, previous_message_id: previous } = thread as {
    readonly type?: unknown
    readonly previous_message_id?: unknown
  }
  attachments.isKept = true
  if (type !== 'create') attachments.refer(previous || thread)
}

/** A container can have skills, whose files are further input. */
function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

type AnthropicUsage = {
  readonly input_tokens?: number
  readonly cache_read_input_tokens?: number | null
  readonly cache_creation_input_tokens?: number | null
  readonly cache_creation?: {
    readonly ephemeral_1h_input_tokens?: number
    readonly ephemeral_5m_input_tokens?: number
  } | null
  readonly output_tokens?: number
  readonly service_tier?: string | null
  readonly speed?: string | null
  readonly inference_geo?: string | null
  readonly server_tool_use?: { readonly web_search_requests?: number } | null
  readonly iterations?: readonly (AnthropicUsage & { readonly type?: string; readonly model?: string })[] | null
}

/** Anthropic's `input_tokens` excludes tokens that were read from or written to the cache; ours includes them. */
function readUsage(usage: AnthropicUsage | undefined): Usage | undefined {
  const fresh = countOf(usage?.input_tokens)
  if (!usage || fresh === undefined) return undefined
  const cachedInputTokens = partOf(usage.cache_read_input_tokens)
  const briefly = partOf(usage.cache_creation?.ephemeral_5m_input_tokens)
  const forHour = countOf(usage.cache_creation?.ephemeral_1h_input_tokens)
  const cacheWriteTokens = Math.max(partOf(usage.cache_creation_input_tokens), briefly + partOf(forHour))
  const webSearches = countOf(usage.server_tool_use?.web_search_requests) ?? 0
  return withSoundParts({
    inputTokens: fresh + cachedInputTokens + cacheWriteTokens,
    cachedInputTokens,
    cacheWriteTokens,
    ...(forHour === undefined ? {} : { hourCacheWriteTokens: forHour }),
    outputTokens: countOf(usage.output_tokens) ?? 0,
    ...(typeof usage.service_tier === 'string' ? { serviceTier: usage.service_tier } : {}),
    ...(typeof usage.speed === 'string' ? { speed: usage.speed } : {}),
    ...(typeof usage.inference_geo === 'string' ? { region: usage.inference_geo } : {}),
    ...(webSearches > 0 ? { webSearches } : {}),
  })
}

/** Returns a part of the input; 0 for what cannot be one. */
function partOf(value: unknown): number {
  const count = countOf(value) ?? 0
  return isCount(count) ? count : 0
}

/** Iterations included in the total usage. Those of compaction and advice are documented as billed in addition. */
const COUNTED_ITERATIONS = new Set(['message', 'fallback_message'])

function addedUsage({ iterations }: AnthropicUsage): Pick<AnswerFacts, 'addedUsage'> {
  if (!Array.isArray(iterations)) return {}
  const added: NonNullable<AnswerFacts['addedUsage']>[number][] = []
  for (const iteration of iterations as NonNullable<AnthropicUsage['iterations']>) {
    if (COUNTED_ITERATIONS.has(iteration?.type ?? 'message')) continue
    const usage = readUsage(iteration)
    if (usage) added.push({ usage, ...(typeof iteration.model === 'string' ? { model: iteration.model } : {}) })
  }
  return { addedUsage: added }
}

type MessagesEvent = {
  readonly type?: string
  readonly message?: { readonly id?: unknown; readonly model?: string; readonly usage?: AnthropicUsage }
  readonly content_block?: { readonly name?: string; readonly text?: string }
  readonly delta?: {
    readonly text?: string
    readonly partial_json?: string
    readonly thinking?: string
    readonly stop_reason?: string
  }
  readonly usage?: AnthropicUsage
  readonly error?: unknown
}

class MessagesStreamReader implements StreamReader {
  /** Thinking is billed in full but streamed as a summary (docs.anthropic.com/en/docs/build-with-claude/extended-thinking). */
  readonly hidesTokens: boolean
  readonly #delivered = new DeliveredText()
  #usage: AnthropicUsage = {}
  #isCounted = false
  #id: unknown
  #model: string | undefined
  #finishReasons: string[] = []
  isComplete = false
  hasBegun = false
  failure: StreamFailure | undefined

  constructor(body: Readonly<Record<string, unknown>>) {
    const { type = 'disabled' } = (body['thinking'] ?? {}) as { readonly type?: unknown }
    this.hidesTokens = type !== 'disabled'
  }

  get deliveredTokens(): number {
    return this.#delivered.tokens
  }

  read(eventName: string | undefined, data: string): EventVerdict {
    const event = parseEvent<MessagesEvent>(data)
    if (!event) return this.#readText(eventName, data)
    const { type, message, content_block: block, delta, usage } = event
    this.hasBegun ||= type !== 'message_start' && type !== 'ping'
    if (event.error || type === 'error' || eventName === 'error') {
      // Anthropic's SDK ignores events without a name.
      this.failure ??= { error: event.error || event, isTold: eventName === 'error' }
    }
    if (message) {
      this.#id = message.id
      this.#model = message.model
      // The output count of the start is not final.
      this.#usage = mergeCounts(this.#usage, { ...message.usage, output_tokens: null })
    }
    if (block) countTexts([block.name, block.text], this.#delivered)
    if (delta) countTexts([delta.text, delta.partial_json, delta.thinking], this.#delivered)
    if (delta?.stop_reason) this.#finishReasons = [delta.stop_reason]
    if (type === 'message_delta' && usage) {
      // The output count covers the message so far, and is final only here.
      this.#usage = mergeCounts(this.#usage, usage)
      this.#isCounted ||= (countOf(usage.output_tokens) ?? 0) > 0 || this.#delivered.pieces === 0
    }
    if (type === 'message_stop') this.isComplete = true
    return 'forward'
  }

  /** Anthropic's SDK also raises an error that is not JSON, and ignores pings. */
  #readText(eventName: string | undefined, data: string): EventVerdict {
    if (eventName === 'error') this.failure ??= { error: data, isTold: true }
    return eventName === 'error' || eventName === 'ping' ? 'forward' : 'malformed'
  }

  facts(): AnswerFacts {
    const usage = counted(readUsage(this.#usage))
    return {
      ...(usage && this.#isCounted ? { usage, ...addedUsage(this.#usage) } : {}),
      // The output count in `message_start` is not final.
      ...(usage && !this.#isCounted && isSound(usage) ? { inputUsage: { ...usage, outputTokens: 0 } } : {}),
      ...providerError(this.failure?.error),
      ...(typeof this.#id === 'string' ? { id: this.#id } : {}),
      ...(this.#model === undefined ? {} : { model: this.#model }),
      finishReasons: this.#finishReasons,
    }
  }
}
