import type { TaskEnded } from '../../events/index.ts'
import { type EndedCall, EndedTask } from './ended-task.ts'

/** Of a task with very many calls, the first and the last ones are kept; those in between are left out. */
const MOST_FIRST = 50
const MOST_LAST = 50
const MOST_OPEN = 10_000
const MOST_RUNNING = 100_000

type Open = { readonly first: EndedCall[]; readonly last: EndedCall[]; leftOut: number }

/** The tasks that run, with their calls. A task is removed when it ends. */
export class OpenTasks {
  readonly #open = new Map<string, Open>()
  /** When each task started, oldest first. */
  readonly #running = new Map<string, number>()
  readonly #facts: Readonly<Record<string, string>>

  constructor(facts: Readonly<Record<string, string>>) {
    this.#facts = facts
  }

  taskBegan(id: string, nowMs: number): void {
    if (this.#running.size >= MOST_RUNNING) this.#running.delete(this.#running.keys().next().value!)
    this.#running.set(id, nowMs)
  }

  /** How many tasks run, and for how long the oldest of them has run. */
  running(nowMs: number): { readonly count: number; readonly oldestMs: number | null } {
    const [oldestAtMs] = this.#running.values()
    return {
      count: this.#running.size,
      oldestMs: oldestAtMs === undefined ? null : Math.max(0, nowMs - oldestAtMs),
    }
  }

  callEnded(call: EndedCall): void {
    if (call.taskId === undefined) return
    const open = this.#open.get(call.taskId) ?? this.#begin(call.taskId)
    if (open.first.length < MOST_FIRST) {
      open.first.push(call)
      return
    }
    if (open.last.push(call) <= MOST_LAST) return
    open.last.shift()
    open.leftOut++
  }

  taskEnded(task: TaskEnded): EndedTask {
    const open = this.#open.get(task.taskId)
    this.#open.delete(task.taskId)
    this.#running.delete(task.taskId)
    return new EndedTask(task, open ? [...open.first, ...open.last] : [], open?.leftOut ?? 0, this.#facts)
  }

  /** A call may come after its task has ended. No second end follows, so the number of open tasks is limited. */
  #begin(id: string): Open {
    if (this.#open.size >= MOST_OPEN) this.#open.delete(this.#open.keys().next().value!)
    const open: Open = { first: [], last: [], leftOut: 0 }
    this.#open.set(id, open)
    return open
  }
}
