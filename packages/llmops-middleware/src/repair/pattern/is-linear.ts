import type { Automaton } from './automaton.ts'
import { buildAutomaton } from './automaton.ts'
import type { PatternNode } from './parse-pattern.ts'

/** The most ways through a part without loops. */
const MAX_WAYS = 1000

/**
 * Whether a backtracking engine, such as that of JavaScript, takes linear time on every text. Returns false when in
 * doubt.
 */
export function isLinear(pattern: PatternNode): boolean {
  return hasCheapLooks(pattern) && waysThrough(buildAutomaton(pattern)) <= MAX_WAYS
}

/** A lookahead runs each time that it is reached. If it has a loop, it may be reached only once. */
function hasCheapLooks(pattern: PatternNode): boolean {
  let isCheap = true
  /** Returns whether the node is in or after a loop. */
  const visit = (node: PatternNode, isInLoop: boolean): boolean => {
    switch (node.kind) {
      case 'look':
        isCheap &&= isLinear({ kind: 'sequence', parts: [{ kind: 'start' }, node.node] })
        isCheap &&= !hasLoop(node.node) || (node.isAhead && !isInLoop)
        return isInLoop
      case 'sequence':
        return node.parts.reduce((passed, part) => visit(part, passed), isInLoop)
      case 'choice':
        return node.options.map((option) => visit(option, isInLoop)).some(Boolean)
      case 'repeat':
        return visit(node.node, isInLoop || node.max > 1) || node.max > 1
      default:
        return isInLoop
    }
  }
  // Without `^` at its start, the whole pattern is tried at each character.
  visit(pattern, !startsAtStart(pattern))
  return isCheap
}

function startsAtStart(node: PatternNode): boolean {
  if (node.kind === 'choice') return node.options.every(startsAtStart)
  return (
    node.kind === 'start' || (node.kind === 'sequence' && node.parts[0] !== undefined && startsAtStart(node.parts[0]))
  )
}

function hasLoop(node: PatternNode): boolean {
  switch (node.kind) {
    case 'repeat':
      return node.max > 1 || hasLoop(node.node)
    case 'sequence':
      return node.parts.some(hasLoop)
    case 'choice':
      return node.options.some(hasLoop)
    case 'look':
      return hasLoop(node.node)
    default:
      return false
  }
}

/**
 * Returns the most steps for one character; Infinity if the number grows with the text. Within a loop there must be
 * only one way for each character. If the same character could also leave the loop, that way may not lead to another
 * loop.
 */
function waysThrough({ sets, next }: Automaton): number {
  const loops = loopsOf(next)
  const ways = new Map<number, number>()
  const reachesLoop = new Set<number>()
  // Each part comes after all parts that it leads to.
  for (const { states, isLoop } of loops) {
    const inside = new Set(states)
    let most = 1
    for (const state of states) {
      const onward = next[state]!
      const leaving = onward.filter((to) => !inside.has(to))
      const staying = onward.filter((to) => inside.has(to))
      if (isLoop && hasOverlap(staying, sets)) return Number.POSITIVE_INFINITY
      const isSplit = (to: number) => staying.some((other) => sets[to]!.overlaps(sets[other]!))
      if (leaving.some((to) => reachesLoop.has(to) && isSplit(to))) return Number.POSITIVE_INFINITY
      for (const to of leaving) {
        const together = leaving.filter((other) => sets[to]!.overlaps(sets[other]!))
        most = Math.max(most, 1 + together.reduce((sum, other) => sum + ways.get(other)!, 0))
      }
      if (most > MAX_WAYS) return most
    }
    const leadsToLoop = isLoop || states.some((state) => next[state]!.some((to) => reachesLoop.has(to)))
    for (const state of states) {
      ways.set(state, most)
      if (leadsToLoop) reachesLoop.add(state)
    }
  }
  return ways.get(0) ?? 1
}

function hasOverlap(states: readonly number[], sets: Automaton['sets']): boolean {
  return states.some((state, index) => states.slice(index + 1).some((other) => sets[state]!.overlaps(sets[other]!)))
}

/** Returns the strongly connected components of the graph, each after those that it leads to (Tarjan). */
function loopsOf(next: Automaton['next']): { readonly states: readonly number[]; readonly isLoop: boolean }[] {
  const loops: { states: number[]; isLoop: boolean }[] = []
  const order = new Map<number, number>()
  const lowest = new Map<number, number>()
  const open: number[] = []
  const visit = (state: number): void => {
    order.set(state, order.size)
    lowest.set(state, order.get(state)!)
    open.push(state)
    for (const to of next[state]!) {
      if (!order.has(to)) visit(to)
      if (open.includes(to)) lowest.set(state, Math.min(lowest.get(state)!, lowest.get(to)!))
    }
    if (lowest.get(state) !== order.get(state)) return
    const states = open.splice(open.indexOf(state))
    loops.push({ states, isLoop: states.length > 1 || next[state]!.includes(state) })
  }
  visit(0)
  return loops
}
