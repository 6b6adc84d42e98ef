import type { ServerResponse } from 'node:http'

/** Server-sent events. The head is sent with the first event, so that what fails before it has a status of its own. */
export class EventStream {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get hasBegun(): boolean {
    return this.#response.headersSent
  }

  send(event: 'delta' | 'tool' | 'done' | 'error', data: unknown): void {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Proxies that buffer would deliver the stream in one piece.
        'x-accel-buffering': 'no',
      })
    }
    this.#response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  end(): void {
    this.#response.end()
  }
}
