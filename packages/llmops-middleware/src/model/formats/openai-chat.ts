import { counted, isSound } from '../../usage.ts'
import { Attachments } from '../input/attachments.ts'
import type { ModelRequest } from '../model-call.ts'
import { NO_FIELDS } from '../request/refused-fields.ts'
import type { AnswerFacts, EventVerdict, StreamFailure, StreamReader, WireFormat } from '../wire-format.ts'
import type { Writable } from '../writable.ts'
import { ADDED_FIELDS, CAP_FIELDS, capFieldFor, refusedFieldsAt } from './cap-fields.ts'
import { answersOf, hasNoBound, largestCap } from './caps.ts'
import { DeliveredText } from './delivered-text.ts'
import { earlyUsage, finalUsage, hasGenerated } from './final-usage.ts'
import { countTexts } from './generated-texts.ts'
import { reasonsUnseen } from './hidden-reasoning.ts'
import { hostsTools } from './hosted-tools.ts'
import { makerAt, promisesEnd, sendsUsageUnasked } from './makers.ts'
import { mergeCounts } from './merge-counts.ts'
import { namedModel } from './named-model.ts'
import { deploymentIn, endsWithOperation, openAiProvider, withDeployment } from './openai-paths.ts'
import { costOf, readOpenAiUsage, servedIn } from './openai-usage.ts'
import { parseEvent } from './parse-event.ts'
import { errorInPlaceOf, isErrorBody, providerError } from './provider-error.ts'
import { OPENAI_MAX_REQUEST_BYTES } from './request-limits.ts'
import { requestTerms } from './request-terms.ts'
import { type EnvelopeBytes, TextEnvelope } from './text-envelope.ts'
import { translateChat } from './translate-parameters.ts'

/** Chat completions of OpenAI and Azure OpenAI (platform.openai.com/docs/api-reference/chat). */
export const openAiChat: WireFormat = {
  name: 'openai.chat',
  operation: 'chat',
  recognises: (url) => endsWithOperation(url, 'chat/completions'),
  exampleUrls: [
    'https://api.openai.com/v1/chat/completions',
    'https://a.openai.azure.com/openai/deployments/d/chat/completions',
  ],
  maxRequestBytes: OPENAI_MAX_REQUEST_BYTES,
  provider: openAiProvider,
  maker: makerAt,
  promisesEnd,

  read(url, body) {
    const model = namedModel(deploymentIn(url), body['model'])
    if (!Array.isArray(body['messages'])) return undefined
    const attachments = attachmentsOf(model, body)
    return {
      model,
      attachments,
      maxOutputTokens: capOf(body),
      ...(isUnbounded(body) && { takesNoCap: true }),
      answers: answersOf(body),
      thinkingTokens: thinkingOf(body),
      terms: requestTerms(body, attachments),
      isStream: body['stream'] === true,
    }
  },

  addedFields: ADDED_FIELDS,
  refusedFields: refusedFieldsAt,

  write({ url, text, body }, { model, maxOutputTokens }, refused = NO_FIELDS) {
    const deployment = deploymentIn(url)
    const asked = namedModel(deployment, body['model'])
    const askedCap = capOf(body)
    const isSame = model === asked && maxOutputTokens === askedCap
    const needsUsage = body['stream'] === true && !asksForUsage(body) && !refused.has('stream_options')
    if (isSame && !needsUsage) return { url, text }

    const changed: Record<string, unknown> = { ...body }
    const choices = Math.min(answersOf(body), Math.max(1, maxOutputTokens ?? Number.POSITIVE_INFINITY))
    if (model !== asked) changed['model'] = model
    if (maxOutputTokens !== undefined && maxOutputTokens !== askedCap) {
      // Including caps that are not numbers, because a server may parse text as a number.
      const used = CAP_FIELDS.filter((field) => (body[field] ?? undefined) !== undefined)
      for (const field of used.length > 0 ? used : [capFieldFor(refused)]) {
        changed[field] = Math.floor(maxOutputTokens / choices)
      }
      // If there is less than one token per choice, ask for fewer choices.
      if (choices < answersOf(body)) changed['n'] = choices
    }
    if (needsUsage) changed['stream_options'] = { ...(body['stream_options'] as object), include_usage: true }
    const isMoved = deployment !== undefined && model !== deployment
    return { url: isMoved ? withDeployment(url, model) : url, text: JSON.stringify(changed) }
  },

  translate: translateChat,

  readAnswer(body) {
    const choices = Array.isArray(body['choices']) ? (body['choices'] as (Choice | null)[]) : []
    const usage = counted(readOpenAiUsage(usageIn(body, choices)))
    const facts: Writable<AnswerFacts> = usage
      ? { ...costOf(body['usage']), ...finalUsage(servedIn(usage, body['service_tier']), () => isGenerated(choices)) }
      : { ...errorInPlaceOf(choices, body) }
    facts.finishReasons = choices.map((choice) => String(choice?.finish_reason))
    if (typeof body['model'] === 'string') facts.model = body['model']
    return facts
  },

  streamReader: (request) => new ChatStreamReader(request),

  errorBody: ({ message, type, code, details }) => ({ error: { message, type, code, param: null, ...details } }),
}

function isGenerated(choices: readonly (Choice | null)[]): boolean {
  return choices.some((choice) => hasGenerated(choice?.message) || hasGenerated(choice?.text))
}

/** Fields of OpenAI, Azure, xAI, OpenRouter and Qwen that let the provider search, and models that always search. */
const SEARCH_FIELDS = ['web_search_options', 'data_sources', 'search_parameters', 'plugins', 'enable_search']
const SEARCHING_MODEL = /-search-|:online$|^(perplexity\/)?sonar|^(groq\/)?compound/

function attachmentsOf(model: string, body: Readonly<Record<string, unknown>>): Attachments {
  const attachments = new Attachments()
  attachments.read(body['messages'])
  const isSearching = SEARCHING_MODEL.test(model) || SEARCH_FIELDS.some((field) => isOn(body[field]))
  const google = googleOf(body)
  attachments.refer(google?.['cached_content'])
  if (isSearching || hostsTools(body['tools']) || isOn(google?.['tools'])) attachments.isOpen = true
  return attachments
}

function isOn(field: unknown): boolean {
  if (Array.isArray(field)) return field.length > 0
  return Boolean(field) && (field as { readonly mode?: unknown }).mode !== 'off'
}

/** Returns the fields that only Gemini accepts (ai.google.dev/gemini-api/docs/openai#extra-body). */
function googleOf({
  extra_body: extra,
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  return (extra as { readonly google?: Readonly<Record<string, unknown>> } | null | undefined)?.google
}

/** Returns the cap for all choices together. Servers obey different fields, so the largest one counts. */
function capOf(body: Readonly<Record<string, unknown>>): number | undefined {
  if (isUnbounded(body)) return undefined
  const cap = largestCap(body['max_completion_tokens'], body['max_tokens'])
  return cap === undefined ? undefined : cap * answersOf(body)
}

function isUnbounded(body: Readonly<Record<string, unknown>>): boolean {
  return hasNoBound(body['max_completion_tokens'], body['max_tokens'])
}

/** Returns the thinking budget in the fields that gateways accept. It applies to each answer. */
function thinkingOf(body: Readonly<Record<string, unknown>>): number | undefined {
  const { thinking, reasoning } = body as Record<string, Readonly<Record<string, unknown>> | null | undefined>
  const google = googleOf(body)?.['thinking_config'] as { readonly thinking_budget?: unknown } | null | undefined
  const budget = largestCap(thinking?.['budget_tokens'], reasoning?.['max_tokens'], google?.thinking_budget)
  return budget === undefined ? undefined : budget * answersOf(body)
}

/** Returns how many choices the answer contains. With `best_of`, only the best `n` are returned. */
function choicesOf({ n }: Readonly<Record<string, unknown>>): number {
  return typeof n === 'number' && n >= 1 ? Math.floor(n) : 1
}

function asksForUsage(body: Readonly<Record<string, unknown>>): boolean {
  return (body['stream_options'] as { include_usage?: unknown } | undefined)?.include_usage === true
}

/** Parses only the first event of each shape, because parsing all of them would cost more than everything else together. */
class ChatStreamReader implements StreamReader {
  /** Whether the stream only contains usage because we asked for it, so that it is hidden from the SDK. */
  readonly #hidesUsage: boolean
  readonly #choices: number
  readonly #request: ModelRequest
  readonly #delivered = new DeliveredText()
  #envelope: TextEnvelope | undefined
  /** Set once an event has matched the envelope. */
  #bytes: EnvelopeBytes | undefined
  /** By the index of the choice, because some servers send a finish reason twice. */
  readonly #finishReasons = new Map<number, string>()
  #usage: Readonly<Record<string, unknown>> | undefined
  /** How many pieces of text the usage covers. Some servers report one at the start only. */
  #countedPieces = 0
  #failure: StreamFailure | undefined
  #model: string | undefined
  #serviceTier: unknown

  constructor(request: ModelRequest) {
    this.#request = request
    this.#hidesUsage = !asksForUsage(request.body) && !sendsUsageUnasked(request.url)
    this.#choices = choicesOf(request.body)
  }

  get isComplete(): boolean {
    return this.#finishReasons.size >= this.#choices
  }

  get failure(): StreamFailure | undefined {
    return this.#failure
  }

  get hasBegun(): boolean {
    return this.#delivered.tokens > 0 || this.#finishReasons.size > 0
  }

  get deliveredTokens(): number {
    return this.#delivered.tokens
  }

  get hidesTokens(): boolean {
    const { url, body } = this.#request
    const model = namedModel(this.#model, deploymentIn(url), body['model'])
    return reasonsUnseen(model, body['reasoning_effort'])
  }

  read(event: string | undefined, data: string, raw?: string): EventVerdict {
    const envelope = this.#envelope
    const end = envelope ? envelope.endOf(data) : -1
    if (end >= 0) {
      this.#delivered.add(data, envelope!.start, end)
      if (raw !== undefined) this.#bytes ??= envelope!.inBytes(raw, data, end)
      return 'forward'
    }
    return this.#parse(event, data)
  }

  readPiece(piece: Uint8Array): boolean {
    const bytes = this.#bytes
    const end = bytes ? bytes.endOf(piece) : -1
    if (end < 0) return false
    this.#delivered.add(piece, bytes!.start, end)
    return true
  }

  facts() {
    return {
      ...this.#billed(),
      ...providerError(this.#failure?.error),
      ...(this.#model === undefined ? {} : { model: this.#model }),
      finishReasons: [...this.#finishReasons.values()],
    }
  }

  #billed(): AnswerFacts {
    const read = counted(readOpenAiUsage(this.#usage))
    if (!read) return {}
    const usage = servedIn(read, this.#serviceTier)
    if (this.#delivered.pieces > this.#countedPieces && isSound(usage)) return earlyUsage(usage)
    return { ...finalUsage(usage, () => this.#delivered.pieces > 0), ...costOf(this.#usage) }
  }

  #parse(event: string | undefined, data: string): EventVerdict {
    const chunk = parseEvent<Chunk>(data)
    if (!chunk) return 'malformed'
    // Failing gateways send null instead of the choices, or as one of them.
    const choices = chunk.choices?.filter((choice) => choice !== null) ?? []
    if (!this.#failure?.isTold) this.#failure = failureOf(event, chunk) ?? this.#failure
    this.#model ??= chunk.model || undefined
    this.#serviceTier ??= chunk.service_tier
    const reported = usageIn(chunk, choices)
    const usage = readOpenAiUsage(reported)
    const isCounted = reported && (!usage || isSound(usage))
    if (isCounted) this.#usage = mergeCounts(this.#usage, reported)
    for (const { index = 0, finish_reason } of choices) if (finish_reason) this.#finishReasons.set(index, finish_reason)
    const text = countTexts(
      choices.map(({ delta, text }) => delta ?? text),
      this.#delivered,
    )
    if (isCounted && usage && usage.outputTokens > 0) this.#countedPieces = this.#delivered.pieces
    const isText = text && choices.length === 1 && !choices[0]?.finish_reason && !usage
    const envelope = isText && TextEnvelope.of(data, text.key, text.text)
    if (envelope) {
      this.#envelope = envelope
      this.#bytes = undefined
    }
    const isOurs = this.#hidesUsage && usage && chunk.usage && choices.length === 0 && !chunk.error
    return isOurs ? 'drop' : 'forward'
  }
}

/** Returns the usage, also where Moonshot and Groq report it in streams: in a choice, and in a field of its own. */
function usageIn({ usage, x_groq: groq }: Pick<Chunk, 'usage' | 'x_groq'>, choices: readonly (Choice | null)[]) {
  return usage ?? groq?.usage ?? choices.find((choice) => choice?.usage)?.usage
}

/** SDKs raise only errors in a field or event called `error`, and pass all others on. */
function failureOf(event: string | undefined, chunk: Chunk): StreamFailure | undefined {
  if (chunk.error || event === 'error') return { error: chunk.error || chunk, isTold: true }
  const isFailed = chunk.choices?.some(isFailedChoice) ?? isErrorBody(chunk)
  return isFailed ? { error: chunk, isTold: false } : undefined
}

function isFailedChoice(choice: Choice | null): boolean {
  return choice?.finish_reason === 'error' || Boolean(choice?.error)
}

type Choice = {
  readonly index?: number
  readonly delta?: unknown
  readonly message?: unknown
  /** In completions of a prompt. */
  readonly text?: unknown
  readonly finish_reason?: string | null
  readonly error?: unknown
  readonly usage?: Counts
}

type Counts = Readonly<Record<string, unknown>> | null

type Chunk = {
  readonly model?: string
  readonly service_tier?: unknown
  readonly usage?: Counts
  readonly x_groq?: { readonly usage?: Counts } | null
  readonly error?: unknown
  readonly choices?: null | readonly (Choice | null)[]
}
