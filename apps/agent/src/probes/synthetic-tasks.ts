import { SYNTHETIC_TENANT } from '../tenants/who-pays.ts'
import { NotReadyError } from './not-ready-error.ts'
import { type ProbeParts, probeTask } from './probe-task.ts'

/** A task at each of the first intervals (at 15 s, a quarter of an hour), so that a rule has a sample in 3 minutes. */
const FREQUENT_TASKS = 60
/** Then a task at every fourth interval, for the rest of the two hours in which the healer may undo a promotion. */
const RARE_EVERY = 4
const RARE_TASKS = 105

/** `off`: this slot runs none, or their time is over. `out_of_money`: their budget is spent. */
export type SyntheticState = 'running' | 'off' | 'out_of_money'

/**
 * Tasks that a new process in production runs by itself, so that the alert rules have samples even without traffic.
 * Their outcomes count like those of any other task.
 */
export class SyntheticTasks {
  readonly #parts: ProbeParts
  readonly #timer: NodeJS.Timeout | undefined
  #ticks = 0
  #state: SyntheticState

  /** @param everyMs the interval; 0 for no tasks. */
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
    if (tick >= FREQUENT_TASKS + RARE_TASKS * RARE_EVERY) {
      this.#state = 'off'
      return this.stop()
    }
    if (tick >= FREQUENT_TASKS && tick % RARE_EVERY !== 0) return
    try {
      await probeTask(this.#parts, SYNTHETIC_TENANT)
      this.#state = 'running'
    } catch (error) {
      if (error instanceof NotReadyError && error.isUnknown) this.#state = 'out_of_money'
    }
  }
}
