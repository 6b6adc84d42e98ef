import type { Platform } from 'local-azure'
import { promptFor } from '../load/prompts.ts'
import type { Sample } from '../load/tally.ts'
import type { AgentClient } from '../target/agent-client.ts'
import { type Moment, momentOf } from './timeline.ts'

export const PHASES = ['before', 'during', 'after'] as const

export type Phase = (typeof PHASES)[number]

/** A sample and when its response arrived. */
export type TimedSample = Sample & { readonly ended: Moment }

export type TrafficOptions = {
  readonly agent: AgentClient
  readonly clock: Pick<Platform, 'now' | 'sleep' | 'pauseDuring'>
  /** Rule time between two users. */
  readonly intervalMs: number
  readonly onSample: () => void
}

/** With so many unanswered requests rule time waits for one of them, so that a minute has the same users everywhere. */
const MOST_UNANSWERED = 10

/**
 * Users of the agent, from the start of the drill to its end. They arrive at a fixed rate of rule time, whether or not
 * earlier requests were answered. A request belongs to the phase that it was sent in, except that what the fault caught
 * in flight belongs to the fault.
 */
export class Traffic {
  readonly samples: Record<Phase, TimedSample[]> = { before: [], during: [], after: [] }
  readonly #options: TrafficOptions
  readonly #stop = new AbortController()
  readonly #unanswered = new Set<Promise<void>>()
  readonly #running: Promise<void>
  #phase: Phase = 'before'

  constructor(options: TrafficOptions) {
    this.#options = options
    this.#running = this.#arrive()
  }

  enter(phase: Phase): void {
    this.#phase = phase
  }

  /** Sends nothing more and waits for the responses. */
  async end(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #arrive(): Promise<void> {
    const { clock, intervalMs } = this.#options
    const { signal } = this.#stop
    let dueAt = clock.now()
    for (let index = 0; !signal.aborted; index++) {
      const request = this.#ask(index).finally(() => this.#unanswered.delete(request))
      this.#unanswered.add(request)
      while (this.#unanswered.size >= MOST_UNANSWERED) await clock.pauseDuring(() => Promise.race(this.#unanswered))
      dueAt += intervalMs
      await clock.sleep(Math.max(0, dueAt - clock.now()), signal).catch(() => undefined)
    }
    await Promise.all(this.#unanswered)
  }

  async #ask(index: number): Promise<void> {
    const { agent, clock, onSample } = this.#options
    const sentIn = this.#phase
    const sample = await agent.chat(promptFor(index))
    const phase = sentIn === 'before' ? this.#phase : sentIn
    this.samples[phase].push({ ...sample, ended: momentOf(clock) })
    onSample()
  }
}
