import { AsyncLocalStorage } from 'node:async_hooks'
import type { EventEmitter } from 'node:events'

/**
 * Runs the listeners of a request in the current context. Node runs them in that of the connection, so that code that reads
 * the body by its events, such as multer, would continue outside of its task (expressjs/multer#814, nodejs/help#2546).
 */
export function bindEvents(request: EventEmitter): void {
  const isBound = contexts.has(request)
  contexts.set(request, AsyncLocalStorage.snapshot())
  if (isBound) return
  const { emit } = request
  request.emit = (...event) => contexts.get(request)!(() => emit.apply(request, event))
}

/** The context of each request: of a task in another, the inner one. */
const contexts = new WeakMap<EventEmitter, ReturnType<typeof AsyncLocalStorage.snapshot>>()
