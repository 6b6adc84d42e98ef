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

  /** @param afterMs how long the task was given, in milliseconds. */
  constructor(taskId: string, deadlineAtMs: number, unknown: readonly UnknownEffect[] = [], afterMs?: number) {
    const tools = unknown.map(({ tool }) => tool).join(', ')
    const effects = tools === '' ? '' : ` Whether these took effect is not known: ${tools}.`
    super(
      `Task ${taskId} passed its deadline${afterMs === undefined ? '' : ` of ${Math.round(afterMs).toLocaleString('en')} ms`} (${new Date(deadlineAtMs).toISOString()}); what it still ran was aborted.${effects}`,
    )
    this.taskId = taskId
    this.deadlineAtMs = deadlineAtMs
    this.unknown = unknown
  }
}
