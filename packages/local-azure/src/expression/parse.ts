import type { Expression } from './ast.ts'
import { ExpressionError } from './expression-error.ts'

type Token = { text: string; kind: 'name' | 'number' | 'string' | 'sign' }

const lexeme =
  /\s*(?:(?<string>'(?:[^']|'')*')|(?<number>-?\d+(?:\.\d+)?)|(?<name>[A-Za-z_$][\w$]*)|(?<sign>[()[\],.?]))/y

/** Parses an expression, without its leading `@` or its surrounding brackets. */
export function parseExpression(source: string): Expression {
  const parser = new Parser(source)
  return parser.whole()
}

class Parser {
  readonly #source: string
  readonly #tokens: Token[]
  #position = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = tokenize(source)
  }

  whole(): Expression {
    const expression = this.#expression()
    const rest = this.#peek()
    if (rest !== undefined) throw this.#unexpected(rest)
    return expression
  }

  #expression(): Expression {
    let expression = this.#primary()
    for (;;) {
      const isOptional = this.#accept('?')
      if (this.#accept('.')) {
        expression = { kind: 'member', of: expression, key: { kind: 'literal', value: this.#name() }, isOptional }
      } else if (this.#accept('[')) {
        expression = { kind: 'member', of: expression, key: this.#expression(), isOptional }
        this.#expect(']')
      } else if (isOptional) {
        throw this.#unexpected(this.#peek())
      } else {
        return expression
      }
    }
  }

  #primary(): Expression {
    const token = this.#next()
    if (token?.kind === 'string') return { kind: 'literal', value: token.text.slice(1, -1).replaceAll("''", "'") }
    if (token?.kind === 'number') return { kind: 'literal', value: Number(token.text) }
    if (token?.kind !== 'name') throw this.#unexpected(token)
    if (this.#accept('(')) return { kind: 'call', name: token.text, args: this.#arguments() }
    if (token.text === 'true') return { kind: 'literal', value: true }
    if (token.text === 'false') return { kind: 'literal', value: false }
    if (token.text === 'null') return { kind: 'literal', value: null }
    throw this.#unexpected(token)
  }

  #arguments(): Expression[] {
    if (this.#accept(')')) return []
    const args = [this.#expression()]
    while (this.#accept(',')) args.push(this.#expression())
    this.#expect(')')
    return args
  }

  #name(): string {
    const token = this.#next()
    if (token?.kind !== 'name') throw this.#unexpected(token)
    return token.text
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#position]
  }

  #next(): Token | undefined {
    return this.#tokens[this.#position++]
  }

  #accept(sign: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'sign' || token.text !== sign) return false
    this.#position++
    return true
  }

  #expect(sign: string): void {
    if (!this.#accept(sign)) throw this.#unexpected(this.#peek())
  }

  #unexpected(token: Token | undefined): ExpressionError {
    const what = token === undefined ? 'unexpected end' : `unexpected ${token.text}`
    return new ExpressionError(what, this.#source)
  }
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  const reader = new RegExp(lexeme)
  while (reader.lastIndex < source.trimEnd().length) {
    const at = reader.lastIndex
    const groups = reader.exec(source)?.groups
    if (groups === undefined) throw new ExpressionError(`unexpected character at ${at}`, source)
    const [kind, text] = Object.entries(groups).find(([, text]) => text !== undefined)!
    tokens.push({ kind: kind as Token['kind'], text: text! })
  }
  return tokens
}
