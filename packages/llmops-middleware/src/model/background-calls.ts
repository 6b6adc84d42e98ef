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

/** Ids come from outside, so this memory is bounded. */
const MAX_CALLS = 10_000
const LONGEST_ID = 500

/** `/v1/responses/resp_1`, `/openai/v1/responses/resp_1/cancel` */
const OF_RESPONSE = /\/responses\/([^/]+)(\/cancel)?\/?$/

/** The charge for a response that runs in the background, until its usage is known. */
export class PendingCharge {
  /** The charge until then. */
  counted: Completion
  readonly #listeners: ((known: Completion) => void)[] = []

  constructor(counted: Completion) {
    this.counted = counted
  }

  /** Calls `listener` once, when the actual cost is known. */
  onKnown(listener: (known: Completion) => void): void {
    this.#listeners.push(listener)
  }

  settle(known: Completion): void {
    for (const listener of this.#listeners.splice(0)) listener(known)
  }
}

type Open = { readonly call: ModelCall; readonly origins: readonly string[]; readonly charge: PendingCharge }

/** The newest responses that run in the background, by id, until their usage is known. */
export class BackgroundCalls {
  readonly #open = new Map<string, Open>()
  readonly #rateCard: RateCard
  readonly #maxBytes: number

  constructor(rateCard: RateCard, maxBytes: number) {
    this.#rateCard = rateCard
    this.#maxBytes = maxBytes
  }

  /** Returns undefined for an id that cannot be part of a URL. */
  begin(id: string, call: ModelCall, counted: Completion): PendingCharge | undefined {
    if (id === '' || id.length > LONGEST_ID) return undefined
    const charge = new PendingCharge(counted)
    // The id belongs to this provider; answers of other hosts must not count for it.
    const target = call.targetFor?.(call.model)
    const origins = [call.request.url.origin, ...(target ? [targetUrl(call.request.url, target).origin] : [])]
    this.#open.delete(id)
    this.#open.set(id, { call: withoutBody(call), origins, charge })
    if (this.#open.size > MAX_CALLS) this.#open.delete(this.#open.keys().next().value!)
    return charge
  }

  /** Passes a response on unchanged, and reads it on the way if it belongs to a call that is open here. */
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
      onFacts: (facts) => this.#settle(id, open, facts),
    })
    const { status, headers } = response
    const progress = { isOpen: true, hasBegun: true, isWhole: false, failure: undefined }
    return toResponse({ status, headers, body: { pieces: source, progress }, origin: response })
  }

  #settle(id: string, open: Open, facts: AnswerFacts): void {
    const { usage, isPending } = facts
    // Several requests may ask for it at once: the first answer settles it.
    if (isPending || !usage || !isSound(usage) || this.#open.get(id) !== open) return
    this.#open.delete(id)
    open.charge.settle(completionOf(open.call, this.#rateCard, { status: 'completed', facts }))
  }
}

/** Drops the request body, to save memory. */
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
