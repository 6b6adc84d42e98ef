import { isBudgetExceeded } from 'llmops-middleware'

/** The task of a probe failed; `code` is the agent's reason, or the code of the error that was thrown. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError'
  readonly code: string
  /** `agent` if another release may succeed, `provider` if not. */
  readonly failureClass: 'agent' | 'provider'
  /** Whether the task failed only because its budget is spent, which says nothing about the release. */
  readonly isUnknown: boolean

  constructor(code: string, failureClass: 'agent' | 'provider' = 'agent', cause?: unknown) {
    super(`The task of the probe failed: ${code}.`, { cause })
    this.code = code
    this.failureClass = failureClass
    this.isUnknown = code === 'budget_exceeded'
  }

  /** Wraps an error that was thrown in the task. */
  static of(error: unknown, failureClass: 'agent' | 'provider'): NotReadyError {
    const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
    const said = isBudgetExceeded(error) ? 'budget_exceeded' : typeof code === 'string' ? code : name
    return new NotReadyError(typeof said === 'string' ? said : 'error', failureClass, error)
  }
}
