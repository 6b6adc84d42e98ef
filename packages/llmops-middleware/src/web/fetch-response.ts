import type { OpenResponse } from '../http/index.ts'
import { TASK_ID_HEADER } from '../http/index.ts'
import { acceptedHead } from '../model/answer/index.ts'
import { recordOf, type Task } from '../task.ts'

/** The response of one request, from the start of its handler until its last byte was read. */
export class FetchResponse implements OpenResponse {
  readonly #task: Task
  readonly #ended = Promise.withResolvers<never>()
  readonly #whenClosed: (() => void)[] = []
  #pieces = 0
  #isClosed = false
  #cut: ((reason: unknown) => void) | undefined

  constructor(task: Task) {
    this.#task = task
    // If the handler answers in time, nothing awaits this promise.
    this.#ended.promise.catch(() => {})
  }

  /** Rejects when it is ended before its handler returned. */
  get ended(): Promise<never> {
    return this.#ended.promise
  }

  progress(): number {
    return this.#pieces
  }

  end(reason: unknown): void {
    if (this.#isClosed) return
    this.#ended.reject(reason)
    this.#cut?.(reason)
    this.close()
  }

  onceClosed(act: () => void): void {
    this.#whenClosed.push(act)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const act of this.#whenClosed) act()
  }

  /**
   * Returns what the handler returned, with the id of the task. It is copied: the headers of a redirect, or of a response that
   * was fetched, cannot be changed.
   *
   * @throws TypeError for a value that is not a Response, or whose body has been read.
   */
  open(response: Response): Response {
    if (!isResponse(response))
      throw new TypeError(`The handler must return a Response, and returned ${typeof response}.`)
    const { status, statusText, body } = response
    // An upgrade, or a network error: there is nothing to copy.
    if (status < 200) {
      this.close()
      return response
    }
    if (status >= 500 && !this.#task.outcome) {
      this.#task.fail(`http_${status}`, recordOf(this.#task)?.modelFailure?.class)
    }
    const headers = new Headers(response.headers)
    headers.set(TASK_ID_HEADER, this.#task.id)
    if (!body) this.close()
    return new Response(body && this.#watched(body), acceptedHead({ status, statusText, headers }))
  }

  #watched(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader()
    const read = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const { done, value } = await reader.read()
      if (this.#isClosed) return
      if (done) {
        controller.close()
        return this.close()
      }
      this.#pieces++
      recordOf(this.#task)!.sign('response')
      controller.enqueue(value)
    }
    return new ReadableStream(
      {
        start: (controller) => {
          this.#cut = (reason) => {
            controller.error(reason)
            reader.cancel(reason).catch(() => {})
          }
        },
        pull: (controller) =>
          read(controller).catch((error: unknown) => {
            this.close()
            throw error
          }),
        cancel: (reason) => {
          this.close()
          return reader.cancel(reason)
        },
      },
      // It reads a chunk when its own reader asks for one, as the body itself would.
      { highWaterMark: 0 },
    )
  }
}

/** Frameworks and other realms have their own `Response` classes. */
function isResponse(value: unknown): value is Response {
  const { status, headers } = (value ?? {}) as Partial<Response>
  return typeof status === 'number' && typeof headers === 'object'
}
