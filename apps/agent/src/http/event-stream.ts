import type { ServerResponse } from 'node:http'

/**
 * Server-sent events. A slow client slows down the sender, so that no events pile up in memory. The headers are sent
 * with the first event, so that a failure before it can still set the HTTP status.
 */
export class EventStream {
  readonly #response: ServerResponse
  readonly #signal: AbortSignal
  /** Shared by all senders that wait at once. */
  #whenDrained: Promise<void> | undefined

  /** @param signal ends the wait for a client that does not read. */
  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response
    this.#signal = signal
  }

  get hasBegun(): boolean {
    return this.#response.headersSent
  }

  /** @returns a promise to await before sending more; undefined while the client keeps up. */
  send(event: 'delta' | 'tool' | 'done' | 'error', data: unknown): Promise<void> | undefined {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Proxies that buffer would deliver the stream in one piece.
        'x-accel-buffering': 'no',
      })
    }
    const isRead = this.#response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    if (isRead || this.#signal.aborted) return undefined
    this.#whenDrained ??= this.#drained()
    return this.#whenDrained
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        for (const name of ['drain', 'close'] as const) this.#response.off(name, done)
        this.#signal.removeEventListener('abort', done)
        this.#whenDrained = undefined
        resolve()
      }
      for (const name of ['drain', 'close'] as const) this.#response.once(name, done)
      this.#signal.addEventListener('abort', done)
    })
  }

  end(): void {
    this.#response.end()
  }
}
