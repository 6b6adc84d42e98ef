import type { ModelCall, ModelResult } from '../../model/index.ts'

/** A kind of fault. A new one is a file with these functions, and a line in `FAULTS`. */
export interface Fault {
  /** Returns the error that `maybeInject` throws. A fault that only delays has none. */
  error?(target: string, settings: FaultSettings): Error
  /** Answers a model call in place of the provider, or corrupts the answer of the provider. */
  hitModel(call: ModelCall, ask: () => Promise<ModelResult>, hit: Hit): Promise<ModelResult>
  /** Throws in place of running the function of a tool, or corrupts its result. */
  hitTool(tool: string, run: () => unknown, hit: Hit): Promise<unknown>
}

export type FaultSettings = {
  /** How long callers are asked to wait before they retry, in milliseconds; undefined to say nothing. */
  readonly retryAfterMs: number | undefined
  /** How long the call is delayed, in milliseconds. */
  readonly delayMs: number
}

export type Hit = FaultSettings & {
  /** Call it once the fault was injected. `malformed` does not change error responses of the provider. */
  record(): void
}
