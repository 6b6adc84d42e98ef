import { isBudgetExceeded } from 'llmops-middleware'

/** A task of the probes ended without an answer; `code` is the agent's own reason, or that of what was thrown. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError'
  readonly code: string
  /** Whether another release may do better. */
  readonly failureClass: 'agent' | 'provider'
  /** Whether there was no money for the task, so that nothing is known. */
  readonly isUnknown: boolean

  constructor(code: string, failureClass: 'agent' | 'provider' = 'agent', cause?: unknown) {
    super(`The task of the probe failed: ${code}.`, { cause })
    this.code = code
    this.failureClass = failureClass
    this.isUnknown = code === 'budget_exceeded'
  }

  /** Of what was thrown in the task. */
  static of(error: unknown, failureClass: 'agent' | 'provider'): NotReadyError {
    const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
    const said = isBudgetExceeded(error) ? 'budget_exceeded' : typeof code === 'string' ? code : name
    return new NotReadyError(typeof said === 'string' ? said : 'error', failureClass, error)
  }
}
