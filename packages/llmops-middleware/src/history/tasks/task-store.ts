import type { KeptTask, TaskRow } from '../kept-task.ts'
import type { EndedTask } from './ended-task.ts'

/** Where tasks that ended are kept, the latest of them, within bounds of its own. */
export interface TaskStore {
  add(task: EndedTask): void
  /** The latest first. */
  list(query: TaskQuery): TaskPage
  get(id: string): KeptTask | undefined
}

export type TaskQuery = {
  readonly isFailed?: boolean | undefined
  readonly tenant?: string | undefined
  /** What an earlier page gave as `next`. */
  readonly before?: number | undefined
  readonly limit: number
}

export type TaskPage = {
  readonly tasks: readonly TaskRow[]
  /** Undefined: there are no more. */
  readonly next: number | undefined
}
