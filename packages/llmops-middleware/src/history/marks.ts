/**
 * `start`: a process began. `promotion`: another release began to serve. `swap`: the slot of this process changed.
 * `fault`: one was injected on purpose. `breach`: an objective did not hold.
 */
export const MARK_KINDS = ['start', 'promotion', 'swap', 'fault', 'breach'] as const
export type MarkKind = (typeof MARK_KINDS)[number]

/** Something that happened to the agent, drawn over what it did. */
export type Mark = {
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** null: it goes on, or has no length. */
  readonly endsAtMs: number | null
  readonly kind: MarkKind
  /** A few words: `v2 in production`, `outage at 100%`, `task success 62%, objective 95%`. */
  readonly label: string
}

const MOST = 200
const LONGEST_LABEL = 200

/** The last marks, in the order of their time. */
export class Marks {
  #marks: readonly Mark[] = []

  /** Takes the place of the same one: what went on has ended. */
  put(mark: Mark): Mark {
    const kept = { ...mark, label: mark.label.slice(0, LONGEST_LABEL) }
    const others = this.#marks.filter((other) => !isSame(other, kept))
    this.#marks = [...others, kept].sort((a, b) => a.atMs - b.atMs).slice(-MOST)
    return kept
  }

  /** Those that touch the time from a moment on, the latest first. */
  since(fromMs: number): readonly Mark[] {
    return this.#marks.filter(({ atMs, endsAtMs }) => Math.max(atMs, endsAtMs ?? 0) >= fromMs).toReversed()
  }
}

export function isSame(one: Mark, other: Mark): boolean {
  return one.atMs === other.atMs && one.kind === other.kind && one.label === other.label
}
