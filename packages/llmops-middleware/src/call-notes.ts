/** One try of the route at one target. */
export type AttemptNote = {
  readonly target: string
  readonly model: string
  /** `breaker_open`: it was not asked. Else what the route made of its answer. */
  readonly outcome: 'answered' | 'retry' | 'next' | 'larger' | 'never' | 'breaker_open'
  readonly status?: number | undefined
  /** Why no answer came. */
  readonly error?: unknown
  readonly durationMs: number
}

export type BudgetDecisionNote = 'clamp' | 'downshift' | 'block'

/** How much each decision of a budget changes of a call. */
const WEIGHT = { allow: 0, clamp: 1, downshift: 2, block: 3 } as const

/**
 * What the layers inside of the observer decide of one model call. It travels with the call, and exists only where
 * somebody listens: whoever notes something writes `call.notes?.`.
 */
export class CallNotes {
  attempts: (AttemptNote & { delayMs?: number })[] | undefined
  /** The decision of a budget that changed the call the most. */
  budget: BudgetDecisionNote | 'allow' = 'allow'
  /** The fault of chaos that touched it. */
  fault: string | undefined

  attempted(attempt: AttemptNote): void {
    this.attempts ??= []
    this.attempts.push({ ...attempt })
  }

  /** The route waits before it asks again. */
  paused(delayMs: number): void {
    const last = this.attempts?.at(-1)
    if (last) last.delayMs = delayMs
  }

  decided(decision: BudgetDecisionNote): void {
    if (WEIGHT[decision] > WEIGHT[this.budget]) this.budget = decision
  }

  faulted(mode: string): void {
    this.fault = mode
  }
}

/** The same of one tool call. */
export class ToolNotes {
  repairs: readonly string[] = []
  fallbacks: { readonly tool: string; readonly error: unknown }[] | undefined
  fault: string | undefined

  repaired(kinds: readonly string[]): void {
    this.repairs = kinds
  }

  fellBack(tool: string, error: unknown): void {
    this.fallbacks ??= []
    this.fallbacks.push({ tool, error })
  }

  faulted(mode: string): void {
    this.fault = mode
  }
}
