import type { RunOutcome } from './run.ts'

/** Thrown by a Terminate action to end the run. */
export class TerminatedError extends Error {
  override readonly name = 'TerminatedError'
  readonly code = 'run_terminated'
  readonly outcome: RunOutcome

  constructor(inputs: unknown) {
    const { runStatus, runError } = inputs as { runStatus: RunOutcome['status']; runError?: RunOutcome['error'] }
    super(`The run was terminated as ${runStatus}.`)
    this.outcome = { status: runStatus, ...(runError === undefined ? {} : { error: runError }) }
  }
}
