/** A workflow definition that this runtime does not support; `place` names the action and the field. */
export class WorkflowDefinitionError extends Error {
  override readonly name = 'WorkflowDefinitionError'
  readonly code = 'workflow_not_supported'
  readonly place: string

  constructor(message: string, place: string, options?: ErrorOptions) {
    super(`${place}: ${message}`, options)
    this.place = place
  }
}
