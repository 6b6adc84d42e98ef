import type { BillingTerms } from '../../pricing/index.ts'
import { counted } from '../../usage.ts'
import { Attachments } from '../input/attachments.ts'
import type { AnswerFacts, EventVerdict, StreamFailure, StreamReader, WireFormat } from '../wire-format.ts'
import { answersOf, hasNoBound, largestCap } from './caps.ts'
import { DeliveredText } from './delivered-text.ts'
import { earlyUsage, finalUsage, hasGenerated } from './final-usage.ts'
import { readGeminiUsage, tierOf } from './gemini-usage.ts'
import { countTexts } from './generated-texts.ts'
import { mergeCounts } from './merge-counts.ts'
import { namedModel } from './named-model.ts'
import { parseEvent } from './parse-event.ts'
import { errorInPlaceOf, providerError } from './provider-error.ts'
import { GEMINI_MAX_REQUEST_BYTES } from './request-limits.ts'
import { requestTerms } from './request-terms.ts'
import { UNBOUNDED_SEARCHES } from './searches.ts'

type Body = Readonly<Record<string, unknown>>

/** The header by which a request to Vertex asks for a tier. */
const VERTEX_TIER = 'x-vertex-ai-llm-shared-request-type'

/** `/v1beta/models/gemini-2.5-flash:generateContent`; on Vertex a project, a location and a publisher precede it. */
const PATH = /\/(?:models|tunedModels|endpoints)\/([^/:]+):(generateContent|streamGenerateContent)\/?$/i

/**
 * Gemini's own API, on AI Studio and Vertex (ai.google.dev/api/generate-content). Only streams with `alt=sse` are read,
 * which every SDK of Google uses.
 */
export const gemini: WireFormat = {
  name: 'gemini.generate_content',
  operation: 'chat',
  recognises: (url) => PATH.test(url.pathname),
  exampleUrls: [
    'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent',
    'https://aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent?alt=sse',
  ],
  maxRequestBytes: GEMINI_MAX_REQUEST_BYTES,
  provider: ({ hostname }) => (hostname.endsWith('aiplatform.googleapis.com') ? 'gcp.vertex_ai' : 'gcp.gemini'),
  maker: () => 'google',
  promisesEnd: () => true,

  read(url, body, headers) {
    const isStream = isStreaming(url)
    if (!Array.isArray(body['contents']) || (isStream && url.searchParams.get('alt') !== 'sse')) return undefined
    const config = configOf(body)
    const attachments = attachmentsOf(body)
    const answers = answersOf(config)
    const cap = capOf(config)
    const thinking = (config['thinkingConfig'] ?? config['thinking_config']) as Body | null | undefined
    const budget = largestCap(thinking?.['thinkingBudget'], thinking?.['thinking_budget'])
    const tier = body['serviceTier'] ?? body['service_tier'] ?? headers?.get(VERTEX_TIER)
    const { serviceTier } = tierOf(tier)
    const terms = requestTerms({ ...body, modalities: modalitiesOf(config), service_tier: serviceTier }, attachments)
    return {
      model: modelIn(url),
      attachments,
      maxOutputTokens: cap === undefined ? undefined : cap * answers,
      ...(hasNoBound(...capsIn(config)) && { takesNoCap: true }),
      answers,
      thinkingTokens: budget === undefined ? undefined : budget * answers,
      terms: searchTerms(body, modelIn(url), terms),
      isStream,
    }
  },

  write({ url, text, body }, { model, maxOutputTokens }) {
    const config = configOf(body)
    const answers = answersOf(config)
    const asked = capOf(config)
    const isSameCap = maxOutputTokens === undefined || maxOutputTokens === (asked && asked * answers)
    const name = 'generation_config' in body ? 'generation_config' : 'generationConfig'
    const field = 'max_output_tokens' in config ? 'max_output_tokens' : 'maxOutputTokens'
    return {
      url: model === modelIn(url) ? url : withModel(url, model),
      text: isSameCap
        ? text
        : JSON.stringify({ ...body, [name]: { ...config, [field]: Math.floor(maxOutputTokens / answers) } }),
    }
  },

  readAnswer(body) {
    const usage = counted(readGeminiUsage(body['usageMetadata']))
    const candidates = candidatesOf(body)
    const model = body['modelVersion']
    const searched = webSearchesIn(candidates, model)
    return {
      ...(usage
        ? finalUsage({ ...usage, ...searched }, () => candidates.some(({ content }) => hasGenerated(content)))
        : errorInPlaceOf(candidates, body)),
      ...(typeof model === 'string' ? { model } : {}),
      finishReasons: candidates.map((candidate) => String(candidate.finishReason)),
    }
  },

  streamReader: ({ body }) => new GeminiStreamReader(answersOf(configOf(body))),

  errorBody: ({ message, type, code, details }) => ({ error: { message, status: type, code, ...details } }),
}

function isStreaming({ pathname }: URL): boolean {
  return /^stream/i.test(PATH.exec(pathname)?.[2] ?? '')
}

function modelIn({ pathname }: URL): string {
  return namedModel(decodeURIComponent(PATH.exec(pathname)?.[1] ?? ''))
}

function withModel(url: URL, model: string): URL {
  const changed = new URL(url)
  changed.pathname = url.pathname.replace(/([^/:]+)(?=:[a-z]+\/?$)/i, encodeURIComponent(model))
  return changed
}

/** The JSON of protocol buffers allows two spellings of each name. */
function configOf(body: Body): Body {
  return (body['generationConfig'] ?? body['generation_config'] ?? {}) as Body
}

function capOf(config: Body): number | undefined {
  const caps = capsIn(config)
  return hasNoBound(...caps) ? undefined : largestCap(...caps)
}

function capsIn(config: Body): unknown[] {
  return [config['maxOutputTokens'], config['max_output_tokens']]
}

function modalitiesOf(config: Body): string[] {
  const modalities = config['responseModalities'] ?? config['response_modalities']
  return Array.isArray(modalities) ? modalities.map((each) => String(each).toLowerCase()) : []
}

function attachmentsOf(body: Body): Attachments {
  const attachments = new Attachments()
  for (const name of ['contents', 'systemInstruction', 'system_instruction']) attach(attachments, body[name], 0)
  attachments.refer(body['cachedContent'] ?? body['cached_content'])
  if (toolsOf(body).some((tool) => Object.keys(tool ?? {}).some((name) => !OWN_TOOL.test(name)))) {
    attachments.isOpen = true
  }
  return attachments
}

const OWN_TOOL = /^function_?declarations$/i

function toolsOf({ tools }: Body): readonly (Body | null)[] {
  return Array.isArray(tools) ? tools : []
}

/** A request for maps alone has their price, one that may search too the price of a search. */
function searchTerms(body: Body, model: string, terms: BillingTerms | undefined): BillingTerms | undefined {
  const names = toolsOf(body).flatMap((tool) => Object.keys(tool ?? {}))
  const searches = names.some((name) => /^(google|enterprise).*search/i.test(name))
  if (!searches && !names.some((name) => MAPS.test(name))) return terms
  const webSearches = BILLED_BY_ANSWER.test(model) ? 1 : UNBOUNDED_SEARCHES
  return { ...terms, webSearches, ...(searches ? {} : { previewsSearch: true }) }
}

const MAPS = /^google_?maps$/i

const MAX_DEPTH = 16

/** Adds parts by kind. A part with data also has its media type. */
function attach(attachments: Attachments, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > MAX_DEPTH) {
    attachments.isOpen = true
    return
  }
  const part = value as Body
  const data = (part['inlineData'] ?? part['inline_data']) as Body | undefined
  const file = (part['fileData'] ?? part['file_data']) as Body | undefined
  if (data) attachments.read(ofKind(data))
  if (file) attachments.refer(file['fileUri'] ?? file['file_uri'] ?? file)
  if (data || file) return
  for (const each of Array.isArray(value) ? value : Object.values(part)) attach(attachments, each, depth + 1)
}

/** The size of what is not an image (audio, video, documents) is read from the document, if possible. */
function ofKind(data: Body): Body {
  const type = String(data['mimeType'] ?? data['mime_type'])
  return { type: type.startsWith('image/') ? 'image' : 'document', source: data }
}

type Candidate = {
  readonly index?: number
  readonly content?: { readonly parts?: unknown } | null
  readonly finishReason?: string | null
  readonly groundingMetadata?: { readonly webSearchQueries?: unknown; readonly groundingChunks?: unknown } | null
}

function candidatesOf({ candidates }: Body): readonly Candidate[] {
  return Array.isArray(candidates) ? candidates.filter((each) => typeof each === 'object' && each !== null) : []
}

/** Models that bill searches per answer (ai.google.dev/gemini-api/docs/pricing); Gemini 3 and later bill each search. */
const BILLED_BY_ANSWER = /gemini-[12]\./

/** Counts each distinct search once, and maps that were found once if there is nothing else. */
function webSearchesIn(candidates: readonly Candidate[], model: unknown): { readonly webSearches?: number } {
  const queries = candidates.map(({ groundingMetadata }) => groundingMetadata?.webSearchQueries)
  const webSearches = new Set(queries.flat().filter((each) => typeof each === 'string' && each !== '')).size
  if (webSearches === 0 && candidates.some(hasMaps)) return { webSearches: 1 }
  if (webSearches === 0) return {}
  return { webSearches: BILLED_BY_ANSWER.test(String(model)) ? 1 : webSearches }
}

function hasMaps({ groundingMetadata }: Candidate): boolean {
  const chunks = groundingMetadata?.groundingChunks
  return Array.isArray(chunks) && chunks.some((chunk) => Boolean(chunk?.maps))
}

class GeminiStreamReader implements StreamReader {
  readonly #choices: number
  readonly #delivered = new DeliveredText()
  readonly #finishReasons = new Map<number, string>()
  #usage: Body | undefined
  #searched: { readonly webSearches?: number } = {}
  #model: string | undefined
  #isBlocked = false
  failure: StreamFailure | undefined

  constructor(choices: number) {
    this.#choices = choices
  }

  get isComplete(): boolean {
    return this.#isBlocked || this.#finishReasons.size >= this.#choices
  }

  get hasBegun(): boolean {
    return this.#delivered.tokens > 0 || this.#finishReasons.size > 0
  }

  get deliveredTokens(): number {
    return this.#delivered.tokens
  }

  /** Thoughts are billed in full but streamed as a summary, if at all. Only the last event counts them. */
  get hidesTokens(): boolean {
    return !/gemini-(1|2\.0)/.test(this.#model ?? '')
  }

  read(eventName: string | undefined, data: string): EventVerdict {
    const event = parseEvent<Body>(data)
    if (!event) return 'malformed'
    if (event['error'] || eventName === 'error') this.failure ??= { error: event['error'] || event, isTold: true }
    if (typeof event['modelVersion'] === 'string') this.#model = event['modelVersion']
    // The answer to a blocked prompt has no candidates and ends with this.
    if (typeof event['promptFeedback'] === 'object' && event['promptFeedback'] !== null) {
      this.#isBlocked ||= 'blockReason' in event['promptFeedback']
    }
    const candidates = candidatesOf(event)
    for (const { index = 0, content, finishReason } of candidates) {
      if (finishReason) this.#finishReasons.set(index, finishReason)
      countTexts(content?.parts, this.#delivered)
    }
    const searched = webSearchesIn(candidates, this.#model)
    if (searched.webSearches !== undefined) this.#searched = searched
    if (readGeminiUsage(event['usageMetadata'])) {
      this.#usage = mergeCounts(this.#usage, event['usageMetadata'] as Body)
    }
    return 'forward'
  }

  /** Each event has the counts so far. They are final once the answer is complete. */
  facts(): AnswerFacts {
    const usage = counted(readGeminiUsage(this.#usage))
    return {
      ...(usage && this.isComplete
        ? finalUsage({ ...usage, ...this.#searched }, () => this.#delivered.pieces > 0)
        : usage && earlyUsage(usage)),
      ...providerError(this.failure?.error),
      ...(this.#model === undefined ? {} : { model: this.#model }),
      finishReasons: [...this.#finishReasons.values()],
    }
  }
}
