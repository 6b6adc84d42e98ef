import { buildAutomaton } from './automaton.ts'
import { END, START } from './character-set.ts'
import type { PatternNode } from './parse-pattern.ts'
import { PatternError } from './pattern-error.ts'

/** Steps that one search may take: about a second. */
const MAX_STEPS = 20_000_000

/**
 * Searches a text for a pattern with all its ways at once, so that the time is in proportion to the text.
 *
 * @throws PatternError for a pattern of which a part cannot be run so: `\b`, or looking ahead or back.
 */
export function linearSearch(pattern: PatternNode, flags: string): (text: string) => boolean {
  const { sets, next, ends, isExact } = buildAutomaton(pattern)
  if (!isExact) throw new PatternError('can take very long, and cannot be run otherwise')
  const unique = next.map((states) => [...new Set(states)])
  return (text) => {
    const characters = flags.includes('u') ? Array.from(text) : text.split('')
    let steps = 0
    let active: readonly number[] = [0]
    if (ends.has(0)) return true
    for (const character of [START, ...characters, END]) {
      const reached = new Set<number>()
      for (const state of active) {
        for (const to of unique[state]!) {
          if (++steps > MAX_STEPS) throw new PatternError(`takes more than ${MAX_STEPS} steps on a text so long`)
          if (!reached.has(to) && sets[to]!.has(character)) {
            if (ends.has(to)) return true
            reached.add(to)
          }
        }
      }
      if (reached.size === 0) return false
      active = [...reached]
    }
    return false
  }
}
