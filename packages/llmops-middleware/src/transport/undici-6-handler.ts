import type { Dispatcher } from 'undici'

type Headers = Record<string, string | string[]>

/** The controller that undici 7 and later pass to each event, built from the arguments of undici 6. */
class Controller {
  aborted = false
  paused = false
  reason: Error | null = null
  readonly #abort: (reason: Error) => void
  /** Set once the head of the response has arrived; before that there is nothing to pause. */
  resumeSocket: () => void = () => {}

  constructor(abort: (reason: Error) => void) {
    this.#abort = abort
  }

  abort(reason: Error): void {
    this.aborted = true
    this.reason = reason
    this.#abort(reason)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.resumeSocket()
  }
}

/**
 * Implements the events of undici 6 by calling those of undici 7 and 8. A handler with both kinds of events works with the
 * dispatcher of any of these majors, because each version calls only its own events.
 */
export abstract class Undici6Handler {
  #controller: Controller | undefined

  abstract onRequestStart(controller: Dispatcher.DispatchController): void
  abstract onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Headers,
    statusText?: string,
  ): void
  abstract onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void
  abstract onResponseEnd(controller: Dispatcher.DispatchController, trailers: Headers): void
  abstract onResponseError(controller: Dispatcher.DispatchController, error: Error): void

  onConnect(abort: (reason: Error) => void): void {
    this.#controller = new Controller(abort)
    this.onRequestStart(this.#controller as Dispatcher.DispatchController)
  }

  onHeaders(status: number, raw: readonly Buffer[], resume: () => void, statusText: string): boolean {
    this.#controller!.resumeSocket = resume
    this.onResponseStart(this.#controller as Dispatcher.DispatchController, status, headersOf(raw), statusText)
    return true
  }

  /** @returns false if the socket has to wait until it is resumed */
  onData(chunk: Buffer): boolean {
    this.onResponseData(this.#controller as Dispatcher.DispatchController, chunk)
    return !this.#controller!.paused
  }

  onComplete(): void {
    this.onResponseEnd(this.#controller as Dispatcher.DispatchController, {})
  }

  /** There is no controller if no connection was made. */
  onError(error: Error): void {
    this.onResponseError(this.#controller as Dispatcher.DispatchController, error)
  }
}

function headersOf(raw: readonly Buffer[]): Headers {
  const headers: Headers = {}
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toString('latin1').toLowerCase()
    const value = raw[index + 1]!.toString('latin1')
    headers[name] = name in headers ? [headers[name]!, value].flat() : value
  }
  return headers
}
