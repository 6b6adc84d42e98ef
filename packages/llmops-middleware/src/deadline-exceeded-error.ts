import { LlmOpsError } from './errors.ts'

/** A tool call that was under way when its task ended: whether it took effect is not known. */
export type UnknownEffect = {
  /** The name of the tool. */
  readonly tool: string
  /** What the function was told, to ask its service whether it happened. */
  readonly idempotencyKey: string
}

/** The task's time is up; everything in it was aborted with this as the reason. */
export class DeadlineExceededError extends LlmOpsError {
  static override readonly name = 'DeadlineExceededError'
  static readonly code = 'deadline_exceeded'
  readonly code = DeadlineExceededError.code
  /** The task whose time is up. */
  readonly taskId: string
  /** Epoch milliseconds. */
  readonly deadlineAtMs: number
  /** The tool calls with an effect that were under way at the deadline. */
  readonly unknown: readonly UnknownEffect[]

  constructor(taskId: string, deadlineAtMs: number, unknown: readonly UnknownEffect[] = []) {
    const tools = unknown.map(({ tool }) => tool).join(', ')
    const effects = tools === '' ? '' : ` Whether these took effect is not known: ${tools}.`
    super(
      `Task ${taskId} passed its deadline (${new Date(deadlineAtMs).toISOString()}); what it still ran was aborted.${effects}`,
    )
    this.taskId = taskId
    this.deadlineAtMs = deadlineAtMs
    this.unknown = unknown
  }
}
