import { SYNTHETIC_TENANT } from '../tenants/who-pays.ts'
import { NotReadyError } from './not-ready-error.ts'
import { type ProbeParts, probeTask } from './probe-task.ts'

/** The first quarter of an hour after a process has taken over: enough for a rule to have a sample in three minutes. */
const OFTEN = 60
/** One in so many intervals for the rest of the two hours in which the healer may undo a promotion. */
const RARELY_EVERY = 4
const RARELY = 105

/** `off`: this slot has none, or their time is over; `out_of_money`: their budget refuses them. */
export type SyntheticState = 'running' | 'off' | 'out_of_money'

/**
 * Tasks that a new process in production asks itself: the agent has a sample of how good it is, though nobody else asks
 * it anything. Their outcomes count as everybody's do.
 */
export class SyntheticTasks {
  readonly #parts: ProbeParts
  readonly #timer: NodeJS.Timeout | undefined
  #ticks = 0
  #state: SyntheticState

  /** @param everyMs the shortest interval; 0 for none. */
  constructor(parts: ProbeParts, everyMs: number) {
    this.#parts = parts
    this.#state = everyMs === 0 ? 'off' : 'running'
    if (everyMs > 0) this.#timer = setInterval(() => void this.#tick(), everyMs).unref()
  }

  get state(): SyntheticState {
    return this.#state
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #tick(): Promise<void> {
    const tick = this.#ticks++
    if (tick >= OFTEN + RARELY * RARELY_EVERY) {
      this.#state = 'off'
      return this.stop()
    }
    if (tick >= OFTEN && tick % RARELY_EVERY !== 0) return
    try {
      await probeTask(this.#parts, SYNTHETIC_TENANT)
      this.#state = 'running'
    } catch (error) {
      if (error instanceof NotReadyError && error.isUnknown) this.#state = 'out_of_money'
    }
  }
}
