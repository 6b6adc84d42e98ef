import { notify } from '../notify.ts'
import type { OpsEvent } from './event.ts'

export type EventListener = (event: OpsEvent) => void

/**
 * - `everything`: all events
 * - `trouble`: failed tasks; model calls that were refused, failed, cut, rerouted, clamped, downshifted or hit by a
 *   fault; tool calls that failed or fell back; decisions. No events are created for other calls.
 */
export type Interest = 'everything' | 'trouble'

/** The events of one `createLlmOps`. */
export interface OpsEvents {
  /**
   * Calls `listener` with each event, synchronously and in order. Errors of the listener do not affect the call.
   *
   * @param listener called with each event
   * @returns a function that ends the subscription
   * @example
   * const leave = ops.events.subscribe((event) => {
   *   if (event.type === 'task_ended') console.log(event.name, event.outcome, event.totals.costUsd)
   * })
   */
  subscribe(listener: EventListener, interest?: Interest): () => void
}

/** Emits the events of one `createLlmOps`. Without listeners, it costs only the check of a flag. */
export class EventStream implements OpsEvents {
  #listeners: readonly EventListener[] = []
  #forEverything: readonly EventListener[] = []
  /** Whether there is a listener. */
  hasListener = false
  /** Whether there is a listener for everything. */
  hasListenerForEverything = false

  subscribe(listener: EventListener, interest: Interest = 'everything'): () => void {
    const own: EventListener = (event) => listener(event)
    this.#change(
      [...this.#listeners, own],
      interest === 'trouble' ? this.#forEverything : [...this.#forEverything, own],
    )
    return () => this.#change(without(this.#listeners, own), without(this.#forEverything, own))
  }

  /** Creates an event and calls the listeners. If creating it fails, the call is not affected. */
  emit(make: () => OpsEvent, isTrouble: boolean): void {
    const event = this.#create(make)
    if (event)
      for (const listener of isTrouble ? this.#listeners : this.#forEverything) notify('events', listener, event)
  }

  #create(make: () => OpsEvent): OpsEvent | undefined {
    try {
      return make()
    } catch (error) {
      notify('events', this.#fail, error)
      return undefined
    }
  }

  readonly #fail = (error: unknown) => {
    throw error
  }

  /** The lists are replaced, not changed, so that a listener may unsubscribe during an event. */
  #change(listeners: readonly EventListener[], forEverything: readonly EventListener[]): void {
    this.#listeners = listeners
    this.#forEverything = forEverything
    this.hasListener = listeners.length > 0
    this.hasListenerForEverything = forEverything.length > 0
  }
}

function without(listeners: readonly EventListener[], one: EventListener): readonly EventListener[] {
  return listeners.filter((listener) => listener !== one)
}
