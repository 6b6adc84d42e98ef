import type { MaybePromise } from './pipeline.ts'

/** The input tokens of something that later requests may refer to by its id. */
export type SeenTokens = {
  /** The most input tokens that it represents. */
  readonly tokens: number
  /** The model that counted them, if it contains pictures, which other models count differently. */
  readonly model?: string
}

/**
 * A store of the input tokens that ids represent: ids of answers and their items, conversations, stored prompts, files,
 * addresses. It may forget entries, and may be shared. For an unknown id, the hold is the whole context of the model.
 */
export interface Seen {
  /**
   * Returns the entry of each id, in the same order.
   *
   * @param ids ids of answers, of items and of files
   */
  read(ids: readonly string[]): MaybePromise<readonly (SeenTokens | undefined)[]>
  /**
   * Stores the entries of one answer.
   *
   * @param entries the ids in one answer
   */
  remember(entries: readonly SeenEntry[]): MaybePromise<void>
}

/** The entry of one id. */
export type SeenEntry = readonly [id: string, seen: SeenTokens]

const MOST_ANSWERS = 10_000
/** Ids and addresses come from outside, so the entries of one answer are limited. */
const MOST_ENTRIES = 200
const LONGEST_ID = 500

/** Returns a store of the newest 10,000 answers of this process. */
export function memorySeen(): Seen {
  const known = new Map<string, { readonly seen: SeenTokens; readonly answer: readonly string[] }>()
  /** The ids of each answer, the oldest first. */
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

/** A store without entries. Every reference is held as the context of its model. */
export const NOTHING_SEEN: Seen = { read: () => [], remember() {} }
