import { CharacterSet } from './character-set.ts'
import { PatternError } from './pattern-error.ts'

/** A pattern as a tree. Assertions between two characters, such as `^` or `\b`, match no character. */
export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'boundary' }
  | { readonly kind: 'look'; readonly isAhead: boolean; readonly isNegated: boolean; readonly node: PatternNode }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly node: PatternNode; readonly min: number; readonly max: number }

const GROUP = /\((?:\?(?:(?<look><?[=!])|:|<[^>]*>))?/y
const QUANTIFIER = /(?:(?<sign>[*+?])|\{(?<min>\d+)(?<comma>,(?<max>\d*))?\})\??/y
const ESCAPE = String.raw`\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\}|[\s\S])`
const ATOM = String.raw`${ESCAPE}|\[(?:\\[\s\S]|[^\]\\])*\]|[\s\S]`

/**
 * Reads a pattern that `new RegExp(source, flags)` accepts.
 *
 * @throws PatternError for syntax that the tree cannot represent: backreferences and modifiers.
 */
export function parsePattern(source: string, flags: string): PatternNode {
  return new PatternParser(source, flags).parse()
}

class PatternParser {
  readonly #source: string
  readonly #flags: string
  readonly #atom: RegExp
  readonly #sets = new Map<string, CharacterSet>()
  #at = 0

  constructor(source: string, flags: string) {
    this.#source = source
    this.#flags = flags
    this.#atom = new RegExp(ATOM, flags.includes('u') ? 'uy' : 'y')
  }

  parse(): PatternNode {
    return this.#choice()
  }

  #choice(): PatternNode {
    const options = [this.#sequence()]
    while (this.#takes('|')) options.push(this.#sequence())
    return options.length === 1 ? options[0]! : { kind: 'choice', options }
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = []
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at]!)) {
      parts.push(this.#repeated(this.#part()))
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }

  #part(): PatternNode {
    if (this.#takes('^')) return { kind: 'start' }
    if (this.#takes('$')) return { kind: 'end' }
    if (this.#source[this.#at] === '(') return this.#group()
    const atom = this.#take(this.#atom)![0]
    if (/^\\[bB]$/.test(atom)) return { kind: 'boundary' }
    if (/^\\[1-9k]/.test(atom)) throw new PatternError('has a backreference')
    const known = this.#sets.get(atom) ?? CharacterSet.of(atom, this.#flags)
    this.#sets.set(atom, known)
    return { kind: 'set', set: known }
  }

  #group(): PatternNode {
    const { look } = this.#take(GROUP)!.groups!
    if (this.#source[this.#at] === '?') throw new PatternError('has a group of an unknown kind')
    const node = this.#choice()
    this.#at++
    return look === undefined ? node : { kind: 'look', isAhead: look.length === 1, isNegated: look.endsWith('!'), node }
  }

  #repeated(node: PatternNode): PatternNode {
    const found = this.#take(QUANTIFIER)?.groups
    if (!found) return node
    const { sign, min, comma, max } = found
    if (sign !== undefined) {
      return { kind: 'repeat', node, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Number.POSITIVE_INFINITY }
    }
    const upper = comma === undefined ? Number(min) : max === '' ? Number.POSITIVE_INFINITY : Number(max)
    return { kind: 'repeat', node, min: Number(min), max: upper }
  }

  #takes(character: string): boolean {
    if (this.#source[this.#at] !== character) return false
    this.#at++
    return true
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#source)
    if (found) this.#at += found[0].length
    return found
  }
}
