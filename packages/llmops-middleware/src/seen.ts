import type { MaybePromise } from './pipeline.ts'

/** What an answer said of something that later requests may refer to by its id alone. */
export type SeenTokens = {
  /** How many input tokens it stands for, at most. */
  readonly tokens: number
  /** The model that counted them, where others count otherwise: pictures came with it. */
  readonly model?: string
}

/**
 * How much input ids stand for: of answers and their items, conversations, stored prompts, files, addresses. It may
 * forget, and it may be shared; what it does not know is held as the context of the model.
 */
export interface Seen {
  /**
   * Returns what is known of each id, in the same order.
   *
   * @param ids ids of answers, of items and of files
   */
  read(ids: readonly string[]): MaybePromise<readonly (SeenTokens | undefined)[]>
  /**
   * All that one answer told.
   *
   * @param entries what one answer told
   */
  remember(entries: readonly SeenEntry[]): MaybePromise<void>
}

/** What is remembered of one id. */
export type SeenEntry = readonly [id: string, seen: SeenTokens]

const MOST_ANSWERS = 10_000
/** Ids and addresses come from outside, so what is remembered of one answer is bounded. */
const MOST_ENTRIES = 200
const LONGEST_ID = 500

/** Remembers the newest 10,000 answers of this process. */
export function memorySeen(): Seen {
  const known = new Map<string, { readonly seen: SeenTokens; readonly answer: readonly string[] }>()
  /** The ids that each answer told, the oldest first. */
  const answers = new Set<readonly string[]>()

  return {
    read: (ids) => ids.map((id) => known.get(id)?.seen),
    remember(entries) {
      const told = entries.filter(([id]) => id.length <= LONGEST_ID).slice(0, MOST_ENTRIES)
      const answer = told.map(([id]) => id)
      answers.add(answer)
      for (const [id, seen] of told) known.set(id, { seen, answer })
      if (answers.size > MOST_ANSWERS) forget(answers.values().next().value!)
    },
  }

  function forget(answer: readonly string[]): void {
    answers.delete(answer)
    for (const id of answer) if (known.get(id)?.answer === answer) known.delete(id)
  }
}

/** Knows nothing: whatever a request refers to is held as the context of its model. */
export const NOTHING_SEEN: Seen = { read: () => [], remember() {} }
