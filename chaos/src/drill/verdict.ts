import type { Summary } from '../load/tally.ts'

/** Something said before the drill that must hold for it to pass. */
export type Hypothesis = { readonly name: string; readonly held: boolean; readonly observed: string }

/** A span of time by both clocks: the alert rules' own, and the one on the wall. */
export type Elapsed = { readonly ruleMs: number; readonly wallMs: number }

export type Verdict = {
  readonly held: boolean
  readonly hypotheses: readonly Hypothesis[]
  /** From the fault to the alert. */
  readonly timeToDetect: Elapsed | undefined
  /** From the fault to the first user served by the healed instance. */
  readonly timeToHeal: Elapsed | undefined
  readonly instances: { readonly before: string; readonly after: string }
  readonly slis: { readonly before: Summary; readonly during: Summary; readonly after: Summary }
  readonly options: { readonly seed: number; readonly speed: number; readonly mode: string }
}

/** 0 held, 1 did not hold: the same verdict that the report prints. */
export function exitCodeOf(verdict: Verdict): 0 | 1 {
  return verdict.held ? 0 : 1
}
