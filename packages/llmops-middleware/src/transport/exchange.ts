import type { Dispatcher } from 'undici'
import { END, type Piece, type PieceSource } from '../model/answer/index.ts'
import { onAbort } from '../on-abort.ts'
import { Undici6Handler } from './undici-6-handler.ts'

export type ExchangeHead = {
  readonly status: number
  readonly statusText: string
  readonly headers: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]
}

/** The number of unread bytes at which the socket is paused. */
const HIGH_WATER_BYTES = 64 * 1024

/** One request on a connection, from its first byte to the end of its response. Fails with the errors of standard `fetch`. */
export class Exchange extends Undici6Handler implements Dispatcher.DispatchHandler, PieceSource {
  readonly head: Promise<ExchangeHead>
  readonly #answer: (head: ExchangeHead) => void
  readonly #fail: (error: unknown) => void
  readonly #removeAbortListener: () => void
  #controller: Dispatcher.DispatchController | undefined
  #pieces: Uint8Array[] = []
  #bytes = 0
  #waiting: { resolve(piece: Piece): void; reject(error: unknown): void } | undefined
  #state: { is: 'asked' } | { is: 'answered' } | { is: 'ended' } | { is: 'failed'; error: unknown } = { is: 'asked' }

  constructor(signal: AbortSignal | undefined) {
    super()
    const { promise, resolve, reject } = Promise.withResolvers<ExchangeHead>()
    this.head = promise
    this.#answer = resolve
    this.#fail = reject
    this.#removeAbortListener = onAbort(signal, (reason) => this.#abort(reason))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // The caller aborted while the request waited for a connection.
    if (this.#state.is === 'failed') controller.abort(abortError(this.#state.error))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ExchangeHead['headers'],
    statusText = '',
  ): void {
    // For early hints and the like: the final response follows.
    if (status < 200 || this.#state.is !== 'asked') return
    this.#state = { is: 'answered' }
    this.#answer({ status, statusText, headers })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state.is !== 'answered') return
    if (this.#waiting) {
      const { resolve } = this.#waiting
      this.#waiting = undefined
      resolve({ done: false, value: chunk })
      return
    }
    this.#pieces.push(chunk)
    this.#bytes += chunk.byteLength
    if (this.#bytes >= HIGH_WATER_BYTES) controller.pause()
  }

  onResponseEnd(): void {
    if (this.#state.is === 'answered') this.#state = { is: 'ended' }
    this.#removeAbortListener()
    this.#waiting?.resolve(END)
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    this.#break(new TypeError(this.#state.is === 'asked' ? 'fetch failed' : 'terminated', { cause }))
  }

  next(): Promise<Piece> {
    const [first] = this.#pieces
    if (first) {
      // Packets that arrived since the last read become one piece, which takes fewer turns of the event loop.
      const value = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces)
      this.#pieces = []
      this.#bytes = 0
      if (this.#controller?.paused) this.#controller.resume()
      return Promise.resolve({ done: false, value })
    }
    if (this.#state.is === 'failed') return Promise.reject(this.#state.error)
    if (this.#state.is === 'ended') return Promise.resolve(END)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  async cancel(reason: unknown): Promise<void> {
    if (this.#state.is !== 'answered') return
    this.#state = { is: 'ended' }
    this.#pieces = []
    this.#removeAbortListener()
    this.#waiting?.resolve(END)
    this.#controller?.abort(abortError(reason))
  }

  /** The caller aborted: rejects at once, then closes the connection. */
  #abort(reason: unknown): void {
    this.#pieces = []
    this.#break(reason)
    this.#controller?.abort(abortError(reason))
  }

  #break(error: unknown): void {
    if (this.#state.is === 'failed' || this.#state.is === 'ended') return
    this.#state = { is: 'failed', error }
    this.#removeAbortListener()
    this.#fail(error)
    this.#waiting?.reject(error)
  }
}

/** A connection accepts only errors as a reason. */
function abortError(reason: unknown): Error {
  return reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError')
}
