import { openLoop } from '../load/open-loop.ts'
import { promptFor } from '../load/prompts.ts'
import type { Sample } from '../load/tally.ts'
import type { AgentClient } from '../target/agent-client.ts'

export const PHASES = ['before', 'during', 'after'] as const

export type Phase = (typeof PHASES)[number]

/** A sample and when its request was sent, on the wall. */
export type TimedSample = Sample & { readonly sentAtMs: number; readonly endedAtMs: number }

/**
 * Users of the agent, from the start of the drill to its end. A request belongs to the phase that it was sent in, except
 * that what the fault caught in flight belongs to the fault.
 */
export class Traffic {
  readonly samples: Record<Phase, TimedSample[]> = { before: [], during: [], after: [] }
  readonly #stop = new AbortController()
  readonly #running: Promise<unknown>
  #phase: Phase = 'before'

  constructor(agent: AgentClient, ratePerSecond: number, onSample: () => void) {
    this.#running = openLoop({ ratePerSecond, signal: this.#stop.signal }, async (index) => {
      const sentIn = this.#phase
      const sentAtMs = performance.now()
      const sample = await agent.chat(promptFor(index))
      const phase = sentIn === 'before' ? this.#phase : sentIn
      this.samples[phase].push({ ...sample, sentAtMs, endedAtMs: performance.now() })
      onSample()
    })
  }

  enter(phase: Phase): void {
    this.#phase = phase
  }

  /** Sends nothing more and waits for the answers. */
  async end(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
