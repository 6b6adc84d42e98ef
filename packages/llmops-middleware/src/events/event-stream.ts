import { notify } from '../notify.ts'
import type { OpsEvent } from './event.ts'

export type EventListener = (event: OpsEvent) => void

/**
 * `trouble`: failed tasks; model calls that were not answered as asked (refused, failed, cut, rerouted, clamped,
 * downshifted, hit by a fault); tool calls that failed or fell back; decisions. Of good calls then no event is made.
 */
export type Interest = 'everything' | 'trouble'

/** Whoever holds it can listen. */
export interface OpsEvents {
  /**
   * Calls `listener` with each event, at once and in order. What it throws changes nothing.
   *
   * @param listener called with each event
   * @returns what ends the subscription.
   * @example
   * const leave = ops.events.subscribe((event) => {
   *   if (event.type === 'task_ended') console.log(event.name, event.outcome, event.totals.costUsd)
   * })
   */
  subscribe(listener: EventListener, interest?: Interest): () => void
}

/** What happens in one `createLlmOps`. While nobody listens, it costs a look at a flag. */
export class EventStream implements OpsEvents {
  #listeners: readonly EventListener[] = []
  #toEverything: readonly EventListener[] = []
  /** Whether anybody listens. */
  isHeard = false
  /** Whether anybody wants to hear of what is good, too. */
  isHeardWhole = false

  subscribe(listener: EventListener, interest: Interest = 'everything'): () => void {
    const own: EventListener = (event) => listener(event)
    this.#change([...this.#listeners, own], interest === 'trouble' ? this.#toEverything : [...this.#toEverything, own])
    return () => this.#change(without(this.#listeners, own), without(this.#toEverything, own))
  }

  /** Makes an event and tells it. That it cannot be made changes nothing for the call that it would be about. */
  emit(make: () => OpsEvent, isTrouble: boolean): void {
    const event = this.#made(make)
    if (event)
      for (const listener of isTrouble ? this.#listeners : this.#toEverything) notify('events', listener, event)
  }

  #made(make: () => OpsEvent): OpsEvent | undefined {
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

  /** Lists are replaced, so that who leaves while an event is told disturbs nobody. */
  #change(listeners: readonly EventListener[], toEverything: readonly EventListener[]): void {
    this.#listeners = listeners
    this.#toEverything = toEverything
    this.isHeard = listeners.length > 0
    this.isHeardWhole = toEverything.length > 0
  }
}

function without(listeners: readonly EventListener[], one: EventListener): readonly EventListener[] {
  return listeners.filter((listener) => listener !== one)
}
