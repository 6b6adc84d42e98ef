import { isLinear } from './is-linear.ts'
import { type PatternNode, parsePattern } from './parse-pattern.ts'
import { PatternError } from './pattern-error.ts'
import { linearSearch } from './search.ts'

/** A compiled pattern. */
export type Pattern = {
  /** @throws PatternError if the pattern would take too long on this text. */
  test(text: string): boolean
  /** The engine that runs it: that of JavaScript, or one that takes linear time. */
  readonly engine: 'native' | 'linear'
}

/**
 * Compiles a pattern of a schema. It may be in the syntax of JavaScript with or without the flag `u`, or have `(?i)`,
 * `\A`, `\Z` and `(?P<name>…)` of other languages. A pattern that could block the process is run by an engine with
 * linear time.
 *
 * @throws PatternError if it is not a pattern, has another meaning in other languages, or could block the process and
 *   cannot be run in linear time.
 */
export function compilePattern(pattern: string): Pattern {
  const regExp = regExpOf(pattern)
  const { source, flags } = regExp
  const alone = { test: (text: string) => regExp.test(text), engine: 'native' } as const
  // Most patterns have neither a repetition nor a choice, so there is no backtracking.
  if (!/[*+?{|]/.test(source)) return alone
  const tree = parsePattern(source, flags)
  if (isLinear(tree)) return alone
  const tests = partsOf(tree).map((part) => searchOf(part, flags))
  return { test: (text) => tests.every((test) => test(text)), engine: 'linear' }
}

type SearchedPart = { readonly node: PatternNode; readonly isNegated: boolean }

/** A lookahead at the start of the text is searched separately. */
function partsOf(tree: PatternNode): readonly SearchedPart[] {
  if (tree.kind !== 'sequence' || tree.parts[0]?.kind !== 'start') return [{ node: tree, isNegated: false }]
  const [start, ...rest] = tree.parts
  const end = rest.findIndex(({ kind }) => kind !== 'look')
  const looks = rest.slice(0, end < 0 ? rest.length : end)
  const parts = looks.map((look): SearchedPart => {
    if (look.kind !== 'look' || !look.isAhead) return { node: look, isNegated: false }
    return { node: { kind: 'sequence', parts: [start, look.node] }, isNegated: look.isNegated }
  })
  return [...parts, { node: { kind: 'sequence', parts: [start, ...rest.slice(looks.length)] }, isNegated: false }]
}

function searchOf({ node, isNegated }: SearchedPart, flags: string): (text: string) => boolean {
  const search = linearSearch(node, flags)
  return isNegated ? (text) => !search(text) : search
}

function regExpOf(pattern: string): RegExp {
  const { source, flags } = inJavaScript(pattern)
  const unicode = tryRegExp(source, `${flags}u`)
  if (unicode instanceof RegExp) return unicode
  const loose = tryRegExp(source, flags)
  if (!(loose instanceof RegExp)) throw new PatternError(`is not a pattern: ${unicode.message}`)
  const strange = /\\(?:\\|[^A-Za-z])|(\\(?![dDwWsSbBfnrtv0]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|k<)[A-Za-z])/g
  for (const [, letter] of source.matchAll(strange)) {
    if (letter)
      throw new PatternError(`has ${letter}, which is a plain letter in JavaScript and not in other languages`)
  }
  return loose
}

/** Converts syntax of Python, Go and PCRE to that of JavaScript. */
function inJavaScript(pattern: string): { readonly source: string; readonly flags: string } {
  const [, flags = '', rest = pattern] = /^\(\?([is]+)\)([\s\S]*)$/.exec(pattern) ?? []
  const source = rest.replace(/\\[\s\S]|\(\?P</g, (found) => {
    if (found === '(?P<') return '(?<'
    return { '\\A': '^', '\\z': '$', '\\Z': '$' }[found] ?? found
  })
  return { source, flags: [...new Set(flags)].join('') }
}

function tryRegExp(source: string, flags: string): RegExp | SyntaxError {
  try {
    return new RegExp(source, flags)
  } catch (error) {
    return error as SyntaxError
  }
}
