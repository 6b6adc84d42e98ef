import { onAbort } from '../../on-abort.ts'
import type { Repeat } from '../../repeat.ts'
import { PieceStream, type Reading } from './piece-stream.ts'

/** What is known of a stream's money when it is ended: what was delivered, or nothing, where nobody read it. */
export type Delivered = 'counted' | 'unknown'

/** A stream that can be ended though its caller may still come for it: then it is told why. */
export interface OpenStream {
  abandon(reason: Error, delivered: Delivered): void
  /** Its caller has left: who reads on is told this reason itself. */
  leave(reason: unknown): void
}

/** How often, within the limit, it is looked whether an answer is read. */
const LOOKS = 10

export type OpenCallsOptions = {
  /** How long an answer waits for a reader. */
  readonly unreadMs: number
  /** Milliseconds of a clock that only runs forward. */
  readonly now: () => number
  readonly repeat: Repeat
}

/** The calls of this process from their beginning to the end of their answers. One timer watches them all. */
export class OpenCalls {
  readonly #options: OpenCallsOptions
  readonly #calls = new Set<OpenCall>()
  /** Nobody can read what was collected as garbage, half read or not at all. */
  readonly #collected = new FinalizationRegistry<OpenCall>((call) =>
    call.abandon(new Error('Its response was dropped before its end.'), call.isUnread ? 'unknown' : 'counted'),
  )
  #stopLooking: (() => void) | undefined
  #whenIdle: PromiseWithResolvers<void> | undefined

  constructor(options: OpenCallsOptions) {
    this.#options = options
  }

  begin(): OpenCall {
    const call = new OpenCall()
    this.#calls.add(call)
    return call
  }

  /** From here on its caller has the head of the answer. */
  answered(call: OpenCall, { body }: Response, signal: AbortSignal): void {
    if (!call.isStream || !body) return
    const { now, repeat, unreadMs } = this.#options
    call.waitsSince(now(), body)
    call.endWith(signal)
    this.#stopLooking ??= repeat(() => this.#look(), unreadMs / LOOKS)
  }

  end(call: OpenCall): void {
    this.#calls.delete(call)
    call.letGo()
    // What the collector is told of, it keeps with all that hangs on it for longer.
    if (call.isWatched) this.#collected.unregister(call)
    call.body = undefined
    if (this.#calls.size === 0) this.#whenIdle?.resolve()
  }

  /** Waits until no call is open. After `timeoutMs` it ends the streams, and leaves alone what cannot be ended. */
  async drain(timeoutMs?: number): Promise<void> {
    if (this.#calls.size === 0) return
    this.#whenIdle ??= Promise.withResolvers()
    const late = Promise.withResolvers<void>()
    const timer = timeoutMs === undefined ? undefined : setTimeout(late.resolve, timeoutMs)
    await Promise.race([this.#whenIdle.promise, late.promise])
    clearTimeout(timer)
    this.#whenIdle = undefined
    const reason = new Error(`It was still open ${timeoutMs} ms after \`close\` was called.`)
    for (const call of this.#calls) call.abandon(reason, call.isUnread ? 'unknown' : 'counted')
  }

  #look(): void {
    const { now, unreadMs } = this.#options
    const nowMs = now()
    for (const call of this.#calls) this.#watch(call)
    const unread = [...this.#calls].filter((call) => call.isUnread)
    const reason = new Error(`Nobody began to read it within ${unreadMs} ms (\`unreadMs\`).`)
    for (const call of unread) if (nowMs - call.answeredAtMs >= unreadMs) call.abandon(reason, 'unknown')
    if (unread.length > 0) return
    this.#stopLooking?.()
    this.#stopLooking = undefined
  }

  /** From here on nothing but its reader holds the body. Not at once: most have ended by now, and it costs a call much. */
  #watch(call: OpenCall): void {
    if (!call.body) return
    this.#collected.register(call.body, call, call)
    call.body = undefined
    call.isWatched = true
  }
}

/** One call, from its beginning to the end of its answer. */
export class OpenCall {
  answeredAtMs = 0
  /** Whether it is heard of when its response is collected. */
  isWatched = false
  /** Of its response, until it is watched. */
  body: ReadableStream | undefined
  #reading: Reading | undefined
  letGo = () => {}
  /** One; several after attempts of a route that failed. */
  readonly #streams: OpenStream[] = []

  get isStream(): boolean {
    return this.#streams.length > 0
  }

  /** A provider answered with a stream. */
  add(stream: OpenStream): void {
    this.#streams.push(stream)
  }

  waitsSince(nowMs: number, body: ReadableStream): void {
    this.answeredAtMs = nowMs
    this.body = body
    this.#reading = PieceStream.readingOf(body)
  }

  get isUnread(): boolean {
    return this.#reading?.hasBegun === false
  }

  /** An abort ends it also while nobody reads. */
  endWith(signal: AbortSignal): void {
    this.letGo = onAbort(signal, (reason) => {
      for (const stream of this.#streams) stream.leave(reason)
    })
  }

  abandon(reason: Error, delivered: Delivered): void {
    for (const stream of this.#streams) stream.abandon(reason, delivered)
  }
}
