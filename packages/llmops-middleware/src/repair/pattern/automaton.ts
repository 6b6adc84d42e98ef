import { CharacterSet } from './character-set.ts'
import type { PatternNode } from './parse-pattern.ts'
import { PatternError } from './pattern-error.ts'

/** In a larger pattern, a bounded repetition is treated as an unbounded one. */
const MAX_STATES = 1000
const MAX_EDGES = 50_000

/**
 * A pattern as a graph: a state for each position that matches a character, and an edge to each position that can come
 * next, one for each way to get there. State 0 is before the start of the text.
 */
export type Automaton = {
  readonly sets: readonly CharacterSet[]
  readonly next: readonly (readonly number[])[]
  /** The states at which the pattern can end. */
  readonly ends: ReadonlySet<number>
  /** Whether it matches exactly what the pattern matches: no assertion was left out, and no repetition was widened. */
  readonly isExact: boolean
}

type Part = { readonly first: readonly number[]; readonly last: readonly number[]; readonly isNullable: boolean }
const NOTHING: Part = { first: [], last: [], isNullable: true }

/** Glushkov's construction. The pattern may match from any character on. The text has a start and an end marker. */
export function buildAutomaton(pattern: PatternNode): Automaton {
  const searched: PatternNode = {
    kind: 'sequence',
    parts: [
      { kind: 'repeat', node: { kind: 'set', set: CharacterSet.any }, min: 0, max: Number.POSITIVE_INFINITY },
      pattern,
    ],
  }
  const isLarge = statesOf(searched) > MAX_STATES
  const builder = new AutomatonBuilder(isLarge)
  return builder.build(searched)
}

function statesOf(node: PatternNode): number {
  switch (node.kind) {
    case 'set':
    case 'start':
    case 'end':
      return 1
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + statesOf(part), 0)
    case 'choice':
      return node.options.reduce((sum, option) => sum + statesOf(option), 0)
    case 'repeat':
      return statesOf(node.node) * Math.max(1, node.min, Number.isFinite(node.max) ? node.max : 1)
    default:
      return 0
  }
}

class AutomatonBuilder {
  readonly #sets: CharacterSet[] = [CharacterSet.start]
  readonly #next: number[][] = [[]]
  readonly #isLarge: boolean
  #isExact: boolean
  #edges = 0

  constructor(isLarge: boolean) {
    this.#isLarge = isLarge
    this.#isExact = true
  }

  build(node: PatternNode): Automaton {
    const { first, last, isNullable } = this.#part(node)
    this.#connect([0], first)
    const ends = new Set(isNullable ? [0, ...last] : last)
    return { sets: this.#sets, next: this.#next, ends, isExact: this.#isExact }
  }

  #part(node: PatternNode): Part {
    switch (node.kind) {
      case 'set':
        return this.#state(node.set)
      case 'start':
        return this.#state(CharacterSet.start)
      case 'end':
        return this.#state(CharacterSet.end)
      case 'sequence':
        return node.parts.reduce<Part>((before, part) => this.#both(before, this.#part(part)), NOTHING)
      case 'choice':
        return node.options.map((option) => this.#part(option)).reduce(either)
      case 'repeat':
        return this.#repeat(node.node, node.min, node.max)
      default:
        this.#isExact = false
        return NOTHING
    }
  }

  #repeat(node: PatternNode, min: number, max: number): Part {
    if (max === 0) return NOTHING
    if (this.#isLarge && Number.isFinite(max) && max > 1) {
      this.#isExact = false
      return this.#repeat(node, Math.min(min, 1), Number.POSITIVE_INFINITY)
    }
    const times = Math.max(1, min, Number.isFinite(max) ? max : 1)
    let after: Part = NOTHING
    for (let copy = times; copy >= 1; copy--) {
      const part = this.#part(node)
      if (copy === times && !Number.isFinite(max)) this.#connect(part.last, part.first)
      const joined = this.#both(part, after)
      after = copy > min ? { ...joined, isNullable: true } : joined
    }
    return after
  }

  #state(set: CharacterSet): Part {
    const state = this.#sets.push(set) - 1
    this.#next.push([])
    if (state > 2 * MAX_STATES) throw new PatternError('is too long')
    return { first: [state], last: [state], isNullable: false }
  }

  #both(before: Part, after: Part): Part {
    this.#connect(before.last, after.first)
    return {
      first: before.isNullable ? [...before.first, ...after.first] : before.first,
      last: after.isNullable ? [...before.last, ...after.last] : after.last,
      isNullable: before.isNullable && after.isNullable,
    }
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    this.#edges += from.length * to.length
    if (this.#edges > MAX_EDGES) throw new PatternError('is too long')
    for (const state of from) this.#next[state]!.push(...to)
  }
}

function either(one: Part, other: Part): Part {
  return {
    first: [...one.first, ...other.first],
    last: [...one.last, ...other.last],
    isNullable: one.isNullable || other.isNullable,
  }
}
