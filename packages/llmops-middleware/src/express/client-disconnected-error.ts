import { LlmOpsError } from '../errors.ts'

/** Whoever asked has gone: everything in the task was aborted with this as the reason. */
export class ClientDisconnectedError extends LlmOpsError {
  readonly code = 'client_disconnected'
  readonly taskId: string

  constructor(taskId: string) {
    super(`The client of task ${taskId} closed the connection before it was answered.`)
    this.taskId = taskId
  }
}
