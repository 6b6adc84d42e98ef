import { LlmOpsError } from './errors.ts'

/** The client has disconnected. Everything in the task was aborted with this error as the reason. */
export class ClientDisconnectedError extends LlmOpsError {
  static override readonly name = 'ClientDisconnectedError'
  static readonly code = 'client_disconnected'
  readonly code = ClientDisconnectedError.code
  /** The id of the task. */
  readonly taskId: string

  constructor(taskId: string) {
    super(`The client of task ${taskId} closed the connection before it was answered.`)
    this.taskId = taskId
  }
}
