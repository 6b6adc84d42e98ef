import { LlmOpsError } from './errors.ts'

/** The task's time is up; everything in it was aborted with this as the reason. */
export class DeadlineExceededError extends LlmOpsError {
  static override readonly name = 'DeadlineExceededError'
  static readonly code = 'deadline_exceeded'
  readonly code = DeadlineExceededError.code
  readonly taskId: string
  /** Epoch milliseconds. */
  readonly deadlineAtMs: number

  constructor(taskId: string, deadlineAtMs: number) {
    super(
      `Task ${taskId} passed its deadline (${new Date(deadlineAtMs).toISOString()}); what it still ran was aborted.`,
    )
    this.taskId = taskId
    this.deadlineAtMs = deadlineAtMs
  }
}
