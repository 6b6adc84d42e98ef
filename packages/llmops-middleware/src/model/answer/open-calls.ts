import { onAbort } from '../../on-abort.ts'
import type { Repeat } from '../../repeat.ts'
import { PieceStream, type Reading } from './piece-stream.ts'

/** Whether the cost of a stream that is ended is known from what was delivered, or unknown because it was not read. */
export type Delivered = 'counted' | 'unknown'

/** A stream that can be ended from outside. Later reads reject. */
export interface OpenStream {
  /** Ends it; later reads reject with a `StreamBrokenError` with this cause. */
  abandon(reason: Error, delivered: Delivered): void
  /** Ends it because its caller aborted; later reads reject with `reason` itself. */
  leave(reason: unknown): void
}

/** How many times within `unreadMs` the open calls are checked. */
const CHECKS = 10

export type OpenCallsOptions = {
  /** How long a stream waits for its first read. */
  readonly unreadMs: number
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  readonly repeat: Repeat
}

/** The calls of this process from their start to the end of their answers. One timer checks all of them. */
export class OpenCalls {
  readonly #options: OpenCallsOptions
  readonly #calls = new Set<OpenCall>()
  /** Ends streams whose response was garbage-collected, because they can no longer be read. */
  readonly #collected = new FinalizationRegistry<OpenCall>((call) =>
    call.abandon(new Error('Its response was dropped before its end.'), call.isUnread ? 'unknown' : 'counted'),
  )
  #stopChecking: (() => void) | undefined
  #whenIdle: PromiseWithResolvers<void> | undefined

  constructor(options: OpenCallsOptions) {
    this.#options = options
  }

  begin(): OpenCall {
    const call = new OpenCall()
    this.#calls.add(call)
    return call
  }

  /** Called when the caller gets the response. */
  answered(call: OpenCall, { body }: Response, signal: AbortSignal): void {
    if (!call.isStream || !body) return
    const { now, repeat, unreadMs } = this.#options
    call.waitsSince(now(), body)
    call.endOnAbort(signal)
    this.#stopChecking ??= repeat(() => this.#check(), unreadMs / CHECKS)
  }

  end(call: OpenCall): void {
    this.#calls.delete(call)
    call.removeAbortListener()
    // An object that stays registered is kept in memory longer, with all that it references.
    if (call.isWatched) this.#collected.unregister(call)
    call.body = undefined
    if (this.#calls.size === 0) this.#whenIdle?.resolve()
  }

  /** Waits until no call is open. After `timeoutMs` it ends the open streams; other open calls continue. */
  async drain(timeoutMs?: number): Promise<void> {
    if (this.#calls.size === 0) return
    this.#whenIdle ??= Promise.withResolvers()
    const late = Promise.withResolvers<void>()
    const timer = timeoutMs === undefined ? undefined : setTimeout(late.resolve, timeoutMs)
    await Promise.race([this.#whenIdle.promise, late.promise])
    clearTimeout(timer)
    this.#whenIdle = undefined
    const reason = new Error(`The stream was still open ${timeoutMs} ms after \`close\` was called.`)
    for (const call of this.#calls) call.abandon(reason, call.isUnread ? 'unknown' : 'counted')
  }

  #check(): void {
    const { now, unreadMs } = this.#options
    const nowMs = now()
    for (const call of this.#calls) this.#watch(call)
    const unread = [...this.#calls].filter((call) => call.isUnread)
    const reason = new Error(`The stream was not read within ${unreadMs} ms (\`unreadMs\`).`)
    for (const call of unread) if (nowMs - call.answeredAtMs >= unreadMs) call.abandon(reason, 'unknown')
    if (unread.length > 0) return
    this.#stopChecking?.()
    this.#stopChecking = undefined
  }

  /**
   * From now on only the caller references the body. Not done when the call starts, because it is expensive and most calls
   * have ended by the first check.
   */
  #watch(call: OpenCall): void {
    if (!call.body) return
    this.#collected.register(call.body, call, call)
    call.body = undefined
    call.isWatched = true
  }
}

/** One call, from its start to the end of its answer. */
export class OpenCall {
  answeredAtMs = 0
  /** Whether its response is registered for garbage collection. */
  isWatched = false
  /** The body of its response, until that is registered. */
  body: ReadableStream | undefined
  #reading: Reading | undefined
  removeAbortListener = () => {}
  /** One stream, or several after failed attempts of a route. */
  readonly #streams: OpenStream[] = []

  get isStream(): boolean {
    return this.#streams.length > 0
  }

  /** Adds a stream that a provider answered with. */
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

  /** Ends the streams on an abort, even if they are not being read. */
  endOnAbort(signal: AbortSignal): void {
    this.removeAbortListener = onAbort(signal, (reason) => {
      for (const stream of this.#streams) stream.leave(reason)
    })
  }

  abandon(reason: Error, delivered: Delivered): void {
    for (const stream of this.#streams) stream.abandon(reason, delivered)
  }
}
