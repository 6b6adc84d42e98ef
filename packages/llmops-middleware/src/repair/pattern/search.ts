import { type Automaton, buildAutomaton } from './automaton.ts'
import { type CharacterSet, END, START } from './character-set.ts'
import type { PatternNode } from './parse-pattern.ts'
import { PatternError } from './pattern-error.ts'

/** The most steps of one search: about a second. */
const MAX_STEPS = 20_000_000

/**
 * Returns a search that follows all ways of a pattern at once, so that it takes linear time.
 *
 * @throws PatternError if a part cannot be run in this way: `\b`, a lookahead or a lookbehind.
 */
export function linearSearch(pattern: PatternNode, flags: string): (text: string) => boolean {
  const { sets, next, ends, isExact } = buildAutomaton(pattern)
  if (!isExact) throw new PatternError('can take very long, and cannot be run in linear time')
  const search = new Search(sets, next, ends)
  return (text) => search.isFoundIn(text === '' ? [] : flags.includes('u') ? Array.from(text) : text.split(''))
}

class Search {
  readonly #sets: Automaton['sets']
  readonly #next: readonly (readonly number[])[]
  readonly #ends: Automaton['ends']
  #steps = 0

  constructor(sets: Automaton['sets'], next: Automaton['next'], ends: Automaton['ends']) {
    this.#sets = sets
    this.#next = next.map((states) => [...new Set(states)])
    this.#ends = ends
  }

  isFoundIn(characters: readonly string[]): boolean {
    this.#steps = 0
    let active = new Set([0])
    // The start and the end of an empty text are at the same position.
    this.#addReached(active, (set) => set.has(START) || (characters.length === 0 && set.has(END)))
    for (const character of characters) {
      if (this.#isAtEnd(active)) return true
      active = this.#after(active, (set) => set.has(character))
    }
    this.#addReached(active, (set) => set.has(END))
    return this.#isAtEnd(active)
  }

  #isAtEnd(active: ReadonlySet<number>): boolean {
    for (const state of active) if (this.#ends.has(state)) return true
    return false
  }

  /** Adds the states that are reached without a character, also from states that are added here. */
  #addReached(active: Set<number>, takes: (set: CharacterSet) => boolean): void {
    // The loop also visits states that are added to the set.
    for (const state of active) this.#reach(state, takes, active)
  }

  #after(active: ReadonlySet<number>, takes: (set: CharacterSet) => boolean): Set<number> {
    const reached = new Set<number>()
    for (const state of active) this.#reach(state, takes, reached)
    return reached
  }

  #reach(state: number, takes: (set: CharacterSet) => boolean, reached: Set<number>): void {
    for (const to of this.#next[state]!) {
      if (++this.#steps > MAX_STEPS)
        throw new PatternError(`takes more than ${MAX_STEPS} steps on a text of this length`)
      if (!reached.has(to) && takes(this.#sets[to]!)) reached.add(to)
    }
  }
}
