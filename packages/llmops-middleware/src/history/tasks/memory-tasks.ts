import type { KeptTask } from '../kept-task.ts'
import type { EndedTask } from './ended-task.ts'
import type { TaskPage, TaskQuery, TaskStore } from './task-store.ts'

export type MemoryTasksOptions = {
  /** How many of the latest tasks are kept, and how many of the latest failed ones besides. @default 1000 */
  readonly mostTasks?: number
  /** The most calls that are kept, over all tasks. @default 20_000 */
  readonly mostCalls?: number
}

type Numbered = { readonly number: number; readonly task: EndedTask }

/** The latest tasks of this process, in memory. */
export class MemoryTasks implements TaskStore {
  readonly #latest: BoundedQueue
  readonly #failed: BoundedQueue
  #number = 0

  constructor({ mostTasks = 1000, mostCalls = 20_000 }: MemoryTasksOptions = {}) {
    this.#latest = new BoundedQueue(mostTasks, mostCalls / 2)
    this.#failed = new BoundedQueue(mostTasks, mostCalls / 2)
  }

  add(task: EndedTask): void {
    const numbered = { number: ++this.#number, task }
    this.#latest.push(numbered)
    if (task.isFailed) this.#failed.push(numbered)
  }

  list({ isFailed, tenant, before = Number.POSITIVE_INFINITY, limit }: TaskQuery): TaskPage {
    const found: Numbered[] = []
    for (const numbered of isFailed ? this.#failed.latestFirst() : this.#latestFirst()) {
      const { number, task } = numbered
      if (number >= before || (tenant !== undefined && task.tenant !== tenant)) continue
      // One more than is shown: it shows whether there is a next page.
      if (found.push(numbered) > limit) break
    }
    const shown = found.slice(0, limit)
    return { tasks: shown.map(({ task }) => task.row), next: found.length > limit ? shown.at(-1)?.number : undefined }
  }

  get(id: string): KeptTask | undefined {
    for (const { task } of this.#latestFirst()) if (task.id === id) return task.kept
    return undefined
  }

  /** All tasks that are kept: first the latest, then older failed ones. */
  *#latestFirst(): Iterable<Numbered> {
    yield* this.#latest.latestFirst()
    const oldest = this.#latest.oldestNumber
    for (const numbered of this.#failed.latestFirst()) if (numbered.number < oldest) yield numbered
  }
}

/** A queue that forgets its oldest tasks when there are too many, or when they have too many calls. */
class BoundedQueue {
  readonly #places: (Numbered | undefined)[]
  readonly #mostCalls: number
  #first = 0
  #length = 0
  #calls = 0

  constructor(most: number, mostCalls: number) {
    this.#places = new Array(most).fill(undefined)
    this.#mostCalls = mostCalls
  }

  get oldestNumber(): number {
    return this.#places[this.#first]?.number ?? 0
  }

  push(numbered: Numbered): void {
    while (
      this.#length === this.#places.length ||
      (this.#length > 0 && this.#calls + numbered.task.size > this.#mostCalls)
    ) {
      this.#shift()
    }
    this.#places[(this.#first + this.#length) % this.#places.length] = numbered
    this.#length++
    this.#calls += numbered.task.size
  }

  *latestFirst(): Iterable<Numbered> {
    for (let back = this.#length - 1; back >= 0; back--) yield this.#places[(this.#first + back) % this.#places.length]!
  }

  #shift(): void {
    this.#calls -= this.#places[this.#first]!.task.size
    this.#places[this.#first] = undefined
    this.#first = (this.#first + 1) % this.#places.length
    this.#length--
  }
}
