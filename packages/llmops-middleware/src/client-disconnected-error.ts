import { LlmOpsError } from './errors.ts'

/** Whoever asked has gone: everything in the task was aborted with this as the reason. */
export class ClientDisconnectedError extends LlmOpsError {
  static override readonly name = 'ClientDisconnectedError'
  static readonly code = 'client_disconnected'
  readonly code = ClientDisconnectedError.code
  /** The task whose caller has left. */
  readonly taskId: string

  constructor(taskId: string) {
    super(`The client of task ${taskId} closed the connection before it was answered.`)
    this.taskId = taskId
  }
}
