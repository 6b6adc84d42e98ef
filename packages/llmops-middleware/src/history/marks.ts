/**
 * `start`: a process started. `promotion`: another release started to serve. `swap`: the slot of this process changed.
 * `fault`: a fault was injected on purpose. `breach`: an objective was not met.
 */
export const MARK_KINDS = ['start', 'promotion', 'swap', 'fault', 'breach'] as const
export type MarkKind = (typeof MARK_KINDS)[number]

/** An event in the life of the agent, drawn over its charts. */
export type Mark = {
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** null if it still goes on or has no duration. */
  readonly endsAtMs: number | null
  readonly kind: MarkKind
  /** A short description: `v2 in production`, `outage at 100%`, `task success 62%, objective 95%`. */
  readonly label: string
}

const MOST = 200
const LONGEST_LABEL = 200

/** The latest marks, ordered by time. */
export class Marks {
  #marks: readonly Mark[] = []

  /** Adds the mark, or replaces the same mark, whose end is now known. */
  put(mark: Mark): Mark {
    const kept = { ...mark, label: mark.label.slice(0, LONGEST_LABEL) }
    const others = this.#marks.filter((other) => !isSame(other, kept))
    this.#marks = [...others, kept].sort((a, b) => a.atMs - b.atMs).slice(-MOST)
    return kept
  }

  /** The marks that begin or end at `fromMs` or later, latest first. */
  since(fromMs: number): readonly Mark[] {
    return this.#marks.filter(({ atMs, endsAtMs }) => Math.max(atMs, endsAtMs ?? 0) >= fromMs).toReversed()
  }
}

export function isSame(one: Mark, other: Mark): boolean {
  return one.atMs === other.atMs && one.kind === other.kind && one.label === other.label
}
