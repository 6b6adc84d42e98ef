import { counted } from '../../usage.ts'
import { Attachments } from '../input/attachments.ts'
import type { AnswerFacts, EventVerdict, StreamFailure, StreamReader, WireFormat } from '../wire-format.ts'
import { hasNoBound, largestCap } from './caps.ts'
import { containersIn } from './containers.ts'
import { DeliveredText } from './delivered-text.ts'
import { finalUsage, hasGenerated } from './final-usage.ts'
import { generatedImages } from './generated-images.ts'
import { countTexts } from './generated-texts.ts'
import { reasonsUnseen } from './hidden-reasoning.ts'
import { hostsTools } from './hosted-tools.ts'
import { makerAt, promisesEnd } from './makers.ts'
import { namedModel } from './named-model.ts'
import { endsWithOperation, openAiProvider } from './openai-paths.ts'
import { costOf, readOpenAiUsage, servedIn } from './openai-usage.ts'
import { parseEvent } from './parse-event.ts'
import { errorInPlaceOf, providerError } from './provider-error.ts'
import { referableItems } from './referable-items.ts'
import { OPENAI_MAX_REQUEST_BYTES } from './request-limits.ts'
import { requestTerms } from './request-terms.ts'
import { searchesIn } from './searches.ts'
import { translateResponses } from './translate-parameters.ts'

/** The Responses API of OpenAI and Azure OpenAI (platform.openai.com/docs/api-reference/responses). */
export const openAiResponses: WireFormat = {
  name: 'openai.responses',
  operation: 'chat',
  recognises: (url) => endsWithOperation(url, 'responses'),
  exampleUrls: ['https://api.openai.com/v1/responses', 'https://a.openai.azure.com/openai/v1/responses'],
  maxRequestBytes: OPENAI_MAX_REQUEST_BYTES,
  provider: openAiProvider,
  maker: makerAt,
  promisesEnd,

  read(_, body) {
    const model = modelOf(body)
    const attachments = attachmentsOf(body)
    return {
      model,
      attachments,
      terms: requestTerms(body, attachments),
      maxOutputTokens: largestCap(body['max_output_tokens']),
      ...(hasNoBound(body['max_output_tokens']) && { takesNoCap: true }),
      isStream: body['stream'] === true,
    }
  },

  write({ url, text, body }, { model, maxOutputTokens }) {
    if (model === modelOf(body) && (maxOutputTokens === undefined || maxOutputTokens === body['max_output_tokens'])) {
      return { url, text }
    }
    const cap = maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }
    const changed = model === modelOf(body) ? {} : { model }
    return { url, text: JSON.stringify({ ...body, ...changed, ...cap }) }
  },

  translate: translateResponses,
  readAnswer: answerFacts,
  streamReader: ({ body }) => new ResponsesStreamReader(body),
  errorBody: ({ message, type, code, details }) => ({ error: { message, type, code, param: null, ...details } }),
}

/** A stored prompt can have its own model, whose name is not in the request; then the prompt's id is used as the name. */
function modelOf({ model, prompt }: Readonly<Record<string, unknown>>): string {
  return namedModel(model, (prompt as { readonly id?: unknown } | null | undefined)?.id)
}

/** Earlier responses, conversations and stored prompts add input that is not in the request. */
function attachmentsOf(body: Readonly<Record<string, unknown>>): Attachments {
  const attachments = new Attachments()
  const prompt = body['prompt'] as Stored | null | undefined
  attachments.read(body['input'])
  attachments.read(prompt?.variables)
  attachments.refer(body['previous_response_id'])
  attachments.refer(idOf(body['conversation']), true)
  attachments.refer(idOf(prompt), true)
  if (hostsTools(body['tools'])) attachments.isOpen = true
  return attachments
}

type Stored = { readonly id?: unknown; readonly variables?: unknown }

function idOf(stored: unknown): unknown {
  return typeof stored === 'object' && stored !== null ? ((stored as Stored).id ?? stored) : stored
}

/** Statuses of an unfinished response with `background: true`. */
const PENDING = new Set<unknown>(['queued', 'in_progress'])

function answerFacts(body: Readonly<Record<string, unknown>>): AnswerFacts {
  const tokens = counted(readOpenAiUsage(body['usage']))
  const usage =
    tokens &&
    servedIn(
      {
        ...tokens,
        ...searchesIn(body['output'], body['tool_usage']),
        ...containersIn(body['output'], body['tools']),
      },
      body['service_tier'],
    )
  return {
    ...(usage
      ? {
          ...finalUsage(usage, () => hasGenerated(body['output'])),
          addedUsage: generatedImages(body),
          kept: referableItems(body, usage),
          ...costOf(body['usage']),
        }
      : errorInPlaceOf(body['output'], body)),
    ...(PENDING.has(body['status']) ? pendingAs(body['id']) : {}),
    ...(hostsTools(body['tools']) ? { findsMore: true } : {}),
    ...(typeof body['model'] === 'string' ? { model: body['model'] } : {}),
    finishReasons: [String(body['status'])],
  }
}

function pendingAs(id: unknown): AnswerFacts {
  return { isPending: true, ...(typeof id === 'string' ? { id } : {}) }
}

type ResponsesEvent = {
  readonly type?: string
  readonly error?: unknown
  readonly delta?: unknown
  readonly item?: { readonly name?: string }
  readonly response?: Readonly<Record<string, unknown>>
}

/** Events that end a response; `incomplete` means that it reached its cap. */
const ENDINGS = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** Events that come before the model runs. Errors about quotas and overload can follow them. */
const BEGINNINGS = new Set(['response.created', 'response.queued', 'response.in_progress'])

class ResponsesStreamReader implements StreamReader {
  readonly #body: Readonly<Record<string, unknown>>
  readonly #delivered = new DeliveredText()
  #facts: AnswerFacts = { finishReasons: [] }
  #id: unknown
  isComplete = false
  hasBegun = false
  failure: StreamFailure | undefined

  constructor(body: Readonly<Record<string, unknown>>) {
    this.#body = body
  }

  get deliveredTokens(): number {
    return this.#delivered.tokens
  }

  get hidesTokens(): boolean {
    const { reasoning, background } = this.#body
    // A background response is generated to its end even if the stream is aborted.
    return (
      background === true ||
      reasonsUnseen(modelOf(this.#body), (reasoning as { readonly effort?: unknown } | undefined)?.effort)
    )
  }

  read(eventName: string | undefined, data: string): EventVerdict {
    const event = parseEvent<ResponsesEvent>(data)
    if (!event) return 'malformed'
    this.hasBegun ||= !BEGINNINGS.has(event.type ?? '')
    this.failure ??= failureOf(eventName, event)
    this.#id ??= event.response?.['id']
    const name = event.type === 'response.output_item.added' ? event.item?.name : undefined
    countTexts([event.delta, name], this.#delivered)
    if (event.response && ENDINGS.has(event.type ?? '')) {
      this.isComplete = true
      const { usage, ...facts } = answerFacts(event.response)
      this.#facts = { ...facts, ...(usage && finalUsage(usage, () => this.#delivered.pieces > 0)) }
    }
    return 'forward'
  }

  facts() {
    const isPending = this.#body['background'] === true && !this.isComplete && !this.failure && this.#id !== undefined
    return { ...this.#facts, ...(isPending && pendingAs(this.#id)), ...providerError(this.failure?.error) }
  }
}

function failureOf(eventName: string | undefined, event: ResponsesEvent): StreamFailure | undefined {
  const { type, error, response } = event
  if (type === 'response.failed') return { error: response?.['error'] ?? event, isTold: true }
  return error || type === 'error' || eventName === 'error' ? { error: error || event, isTold: true } : undefined
}
