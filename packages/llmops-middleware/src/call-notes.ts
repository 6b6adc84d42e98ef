/** One attempt of the route at one target. */
export type AttemptNote = {
  readonly target: string
  readonly model: string
  /** `breaker_open`: it was skipped. Else the verdict of the route. */
  readonly outcome: 'answered' | 'retry' | 'next' | 'larger' | 'never' | 'breaker_open'
  readonly status?: number | undefined
  /** What was thrown if no response came. */
  readonly error?: unknown
  readonly durationMs: number
}

export type BudgetDecisionNote = 'clamp' | 'downshift' | 'block'

/** The decisions of a budget, by how much they change a call. */
const WEIGHT = { allow: 0, clamp: 1, downshift: 2, block: 3 } as const

/**
 * Collects what the layers decide about one model call. It is part of the call, and exists only if events have a
 * listener, so layers write `call.notes?.`.
 */
export class CallNotes {
  attempts: (AttemptNote & { delayMs?: number })[] | undefined
  /** The decision of a budget that changed the call the most. */
  budget: BudgetDecisionNote | 'allow' = 'allow'
  /** The fault of chaos that hit it. */
  fault: string | undefined

  attempted(attempt: AttemptNote): void {
    this.attempts ??= []
    this.attempts.push({ ...attempt })
  }

  /** Records that the route waits before the next attempt. */
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

/** Collects what happens in one tool call. */
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
