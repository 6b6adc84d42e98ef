import type { RateCard } from '../pricing/index.ts'
import { isSound } from '../usage.ts'
import { type PieceSource, PieceStream } from './answer/index.ts'
import { BackgroundAnswer } from './background-answer.ts'
import { completionOf } from './complete.ts'
import type { ModelCall } from './model-call.ts'
import type { Completion } from './model-result.ts'
import { targetUrl } from './target.ts'
import { toResponse } from './to-response.ts'
import type { AnswerFacts } from './wire-format.ts'

/** Ids come from outside, so what is remembered of them is bounded. */
const MOST_CALLS = 10_000
const LONGEST_ID = 500

/** `/v1/responses/resp_1`, `/openai/v1/responses/resp_1/cancel` */
const OF_RESPONSE = /\/responses\/([^/]+)(\/cancel)?\/?$/

/** What a response is charged that goes on in the background, until its usage is known. */
export class PendingCharge {
  /** What is charged for it meanwhile. */
  counted: Completion
  readonly #listeners: ((known: Completion) => void)[] = []

  constructor(counted: Completion) {
    this.counted = counted
  }

  /** Whoever counted it hears once what it cost. */
  onKnown(listener: (known: Completion) => void): void {
    this.#listeners.push(listener)
  }

  settle(known: Completion): void {
    for (const listener of this.#listeners.splice(0)) listener(known)
  }
}

type Open = { readonly call: ModelCall; readonly origins: readonly string[]; readonly charge: PendingCharge }

/** The newest responses that go on in the background, by their ids, until somebody is told what they used. */
export class BackgroundCalls {
  readonly #open = new Map<string, Open>()
  readonly #rateCard: RateCard
  readonly #maxBytes: number

  constructor(rateCard: RateCard, maxBytes: number) {
    this.#rateCard = rateCard
    this.#maxBytes = maxBytes
  }

  /** Undefined for an id that no request can name. */
  begin(id: string, call: ModelCall, counted: Completion): PendingCharge | undefined {
    if (id === '' || id.length > LONGEST_ID) return undefined
    const charge = new PendingCharge(counted)
    // The id is the provider's: what another host says of it is nothing.
    const target = call.targetFor?.(call.model)
    const origins = [call.request.url.origin, ...(target ? [targetUrl(call.request.url, target).origin] : [])]
    this.#open.delete(id)
    this.#open.set(id, { call: withoutBody(call), origins, charge })
    if (this.#open.size > MOST_CALLS) this.#open.delete(this.#open.keys().next().value!)
    return charge
  }

  /** What comes back is handed on as it came, and read on its way where it tells of a response that is open here. */
  watch(input: Parameters<typeof fetch>[0], asked: Promise<Response>): Promise<Response> {
    const id = this.#open.size === 0 ? undefined : this.#idIn(input)
    return id === undefined ? asked : asked.then((response) => this.#watched(id, response))
  }

  #idIn(input: Parameters<typeof fetch>[0]): string | undefined {
    const url = URL.parse(input instanceof Request ? input.url : String(input))
    const id = url && decoded(OF_RESPONSE.exec(url.pathname)?.[1])
    return id && this.#open.get(id)?.origins.includes(url.origin) ? id : undefined
  }

  #watched(id: string, response: Response): Response {
    const open = this.#open.get(id)
    if (!open || !response.ok || !response.body || response.bodyUsed) return response
    const { call } = open
    const reader = response.headers.get('content-type')?.includes('text/event-stream')
      ? call.format.streamReader(call.request)
      : undefined
    const source: PieceSource = new BackgroundAnswer(PieceStream.sourceOf(response.body), {
      reader,
      maxBytes: this.#maxBytes,
      readAnswer: (body) => (body['id'] === id ? call.format.readAnswer(body) : {}),
      tell: (facts) => this.#tell(id, open, facts),
    })
    const { status, headers } = response
    const progress = { isOpen: true, hasBegun: true, isWhole: false, failure: undefined }
    return toResponse({ status, headers, body: { pieces: source, progress }, origin: response })
  }

  #tell(id: string, open: Open, facts: AnswerFacts): void {
    const { usage, isPending } = facts
    // Several may have asked at once: the first that is told settles it.
    if (isPending || !usage || !isSound(usage) || this.#open.get(id) !== open) return
    this.#open.delete(id)
    open.charge.settle(completionOf(open.call, this.#rateCard, { status: 'completed', facts }))
  }
}

/** Ten thousand requests are not kept for what they said. */
function withoutBody(call: ModelCall): ModelCall {
  const { url } = call.request
  const request = { url, headers: new Headers(), text: '', body: {} }
  const { open: _, onLeft: __, ...kept } = call
  return { ...kept, request }
}

function decoded(segment: string | undefined): string | undefined {
  try {
    return segment && decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
