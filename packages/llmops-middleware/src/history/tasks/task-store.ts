import type { KeptTask, TaskRow } from '../kept-task.ts'
import type { EndedTask } from './ended-task.ts'

/** Keeps the latest tasks that ended, within limits that each store sets. */
export interface TaskStore {
  add(task: EndedTask): void
  /** Lists tasks, latest first. */
  list(query: TaskQuery): TaskPage
  get(id: string): KeptTask | undefined
}

export type TaskQuery = {
  readonly isFailed?: boolean | undefined
  readonly tenant?: string | undefined
  /** The `next` of the previous page. */
  readonly before?: number | undefined
  readonly limit: number
}

export type TaskPage = {
  readonly tasks: readonly TaskRow[]
  /** Undefined on the last page. */
  readonly next: number | undefined
}
