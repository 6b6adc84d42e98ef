import type { ModelCall, ModelResult } from '../../model/index.ts'

/** One thing that goes wrong. A new fault is one file that has these, and one line in the list of faults. */
export interface Fault {
  /** The error that stands for it where there is no wire to put it on. One that only takes time has none. */
  error?(target: string, settings: FaultSettings): Error
  /** Answers a model call instead of the provider, or spoils what the provider answers. */
  hitModel(call: ModelCall, ask: () => Promise<ModelResult>, hit: Hit): Promise<ModelResult>
  /** Throws instead of running the function of a tool, or spoils what it returns. */
  hitTool(tool: string, run: () => unknown, hit: Hit): Promise<unknown>
}

export type FaultSettings = {
  /** How long callers are asked to wait before they retry, in milliseconds; undefined to say nothing. */
  readonly retryAfterMs: number | undefined
  /** How late an answer comes, in milliseconds. */
  readonly delayMs: number
}

export type Hit = FaultSettings & {
  /** To be called once the fault has shown: an error of the provider has nothing to spoil. */
  record(): void
}
