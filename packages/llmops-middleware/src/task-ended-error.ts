import { LlmOpsError } from './errors.ts'

/**
 * The task has ended: its deadline passed, it was aborted, or its caller left. Code that still runs in it gets this
 * error for each tool that it calls and each task that it starts. Its model calls are refused with the same code.
 */
export class TaskEndedError extends LlmOpsError {
  static override readonly name = 'TaskEndedError'
  static readonly code = 'task_ended'
  readonly code = TaskEndedError.code
  /** The task that has ended. */
  readonly taskId: string

  /** @param reason why the task was aborted */
  constructor(taskId: string, reason: unknown) {
    super(taskEndedMessage(taskId, reason), { cause: reason })
    this.taskId = taskId
  }
}

export function taskEndedMessage(taskId: string, reason: unknown): string {
  const why = reason instanceof Error ? reason.message : String(reason)
  return `Task ${taskId} has ended, so no further calls or tasks start in it: ${why}`
}
