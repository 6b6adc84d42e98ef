import { LlmOpsError } from './errors.ts'

/** A tool call that ran when its task ended. Whether it took effect is not known. */
export type UnknownEffect = {
  /** The name of the tool. */
  readonly tool: string
  /** The key that the function got. Ask its service with it whether the effect happened. */
  readonly idempotencyKey: string
}

/** The deadline of the task has passed. Everything in it was aborted with this error as the reason. */
export class DeadlineExceededError extends LlmOpsError {
  static override readonly name = 'DeadlineExceededError'
  static readonly code = 'deadline_exceeded'
  readonly code = DeadlineExceededError.code
  /** The id of the task. */
  readonly taskId: string
  /** The deadline, in milliseconds since the epoch. */
  readonly deadlineAtMs: number
  /** The tool calls with an effect that ran at the deadline. */
  readonly unknown: readonly UnknownEffect[]

  /** @param afterMs how long the task could take, in milliseconds */
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
