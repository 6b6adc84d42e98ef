import type { TaskEnded } from '../../events/index.ts'
import { type EndedCall, EndedTask } from './ended-task.ts'

const MOST_CALLS = 100
const MOST_OPEN = 10_000

type Open = { readonly calls: EndedCall[]; leftOut: number }

/** The calls of tasks that run, until each ends. */
export class OpenTasks {
  readonly #open = new Map<string, Open>()
  readonly #facts: Readonly<Record<string, string>>

  constructor(facts: Readonly<Record<string, string>>) {
    this.#facts = facts
  }

  callEnded(call: EndedCall): void {
    if (call.taskId === undefined) return
    const open = this.#open.get(call.taskId) ?? this.#begin(call.taskId)
    if (open.calls.length < MOST_CALLS) open.calls.push(call)
    else open.leftOut++
  }

  taskEnded(task: TaskEnded): EndedTask {
    const open = this.#open.get(task.taskId)
    this.#open.delete(task.taskId)
    return new EndedTask(task, open?.calls ?? [], open?.leftOut ?? 0, this.#facts)
  }

  /** A call may come after its task: what never ends again must not stay for good. */
  #begin(id: string): Open {
    if (this.#open.size >= MOST_OPEN) this.#open.delete(this.#open.keys().next().value!)
    const open: Open = { calls: [], leftOut: 0 }
    this.#open.set(id, open)
    return open
  }
}
