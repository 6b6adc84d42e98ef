import { MAX_DEPTH } from '../nesting.ts'

const CLOSING_QUOTE: Readonly<Record<string, string>> = { '"': '"', "'": "'", '“': '”', '‘': '’' }

const WORDS: Readonly<Record<string, string>> = {
  true: 'true',
  false: 'false',
  null: 'null',
  True: 'true',
  False: 'false',
  None: 'null',
}

const SPACE = /\s*/y
const COMMENT = /\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\//y
/** Words and signs that models write in place of omitted content. */
const LEFT_OUT =
  /\.{3}|…|\b(?:omitted|rest|remaining|truncated|unchanged|etc|same as|as (?:above|before)|and so on|more|others?|continued?|repeat(?:ed)?|similar(?:ly)?|ditto|existing|previous|snip(?:ped)?|skipped|abbreviated|shortened|elided|placeholder|todo|tbd|fixme|fill(?:ed)?)\b/i
/** A field that was commented out, or a question. */
const LEAVES_OPEN = /["'“”‘’]\s*:|\?/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y
const WORD = /[A-Za-z]+(?!\w)/y
const BARE_KEY = /[A-Za-z_$][\w$-]*(?=\s*:)/y

export type ReaderOptions = {
  /** Whether missing closing brackets, a missing closing quote, and missing quotes around keys may be added. */
  readonly canComplete: boolean
}

/** Reads one JSON value in the spellings of models, and returns it as JSON. It adds nothing unless `canComplete`. */
export class JsonReader {
  readonly #text: string
  readonly #canComplete: boolean
  /** The current position: after the value once it was read. */
  at: number
  /** What is wrong at the current position, if it is known. It completes a sentence whose subject is the text. */
  problem: string | undefined
  /** Whether brackets or quotes were added. */
  hasCompleted = false
  /** The comments in the value, which were skipped. */
  readonly comments: string[] = []

  constructor(text: string, at: number, { canComplete }: ReaderOptions) {
    this.#text = text
    this.#canComplete = canComplete
    this.at = at
  }

  /** Whether the text ended before the value. */
  get isAtEnd(): boolean {
    return this.at >= this.#text.length
  }

  /** Returns the value as JSON. Undefined if it has no end, or not exactly one reading. */
  read(depth = 0): string | undefined {
    if (depth > MAX_DEPTH) return this.#fail(`is nested deeper than ${MAX_DEPTH}`)
    switch (this.#text[this.at]) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#list(depth)
      default:
        return this.#string() ?? this.#take(NUMBER) ?? this.#word()
    }
  }

  #object(depth: number): string | undefined {
    const fields: string[] = []
    const values = new Map<unknown, string>()
    this.at++
    for (;;) {
      if (!this.#skip()) return undefined
      if (this.#closes('}')) return `{${fields.join()}}`
      const start = this.at
      const key = this.#key()
      if (key === undefined || !this.#skip() || !this.#takes(':') || !this.#skip()) return undefined
      const value = this.read(depth + 1)
      if (value === undefined) return undefined
      const name: unknown = JSON.parse(key)
      const other = values.get(name)
      if (other !== undefined && other !== value) {
        this.at = start
        return this.#fail(`has the key ${key} twice in one object, with two values`)
      }
      if (other === undefined) fields.push(`${key}:${value}`)
      values.set(name, value)
      const end = this.at
      if (!this.#skip()) return undefined
      // Without a comma only a key can follow, after some space: in "a""b" the quotes may belong to a text.
      if (!this.#takes(',') && !this.#isClosing('}') && this.at === end) return undefined
    }
  }

  #list(depth: number): string | undefined {
    const items: string[] = []
    this.at++
    for (;;) {
      if (!this.#skip()) return undefined
      if (this.#closes(']')) return `[${items.join()}]`
      const item = this.read(depth + 1)
      if (item === undefined || !this.#skip()) return undefined
      items.push(item)
      if (!this.#takes(',') && !this.#isClosing(']')) return undefined
    }
  }

  #key(): string | undefined {
    const hadCompleted = this.hasCompleted
    const quoted = this.#string()
    // A key that was cut off has no value.
    if (this.hasCompleted !== hadCompleted) return undefined
    if (quoted !== undefined || !this.#canComplete) return quoted
    const bare = this.#take(BARE_KEY)
    if (bare === undefined) return undefined
    this.hasCompleted = true
    return `"${bare}"`
  }

  #string(): string | undefined {
    const close = CLOSING_QUOTE[this.#text[this.at] ?? '']
    if (close === undefined) return undefined
    const start = this.at + 1
    let end = start
    for (; this.#text[end] !== close && end < this.#text.length; end++) if (this.#text[end] === '\\') end++
    const isCut = end >= this.#text.length
    if (isCut && !this.#canComplete) {
      this.at = end
      return undefined
    }
    const body = this.#text.slice(start, end)
    const json = asJsonString(isCut ? body.replace(CUT_ESCAPE, '') : body, close)
    if (json === undefined) {
      return this.#fail('has an escape that JSON does not have: write a backslash as \\\\')
    }
    this.at = isCut ? this.#text.length : end + 1
    this.hasCompleted ||= isCut
    return json
  }

  #word(): string | undefined {
    const start = this.at
    const word = WORDS[this.#take(WORD) ?? '']
    // At the end of the text the word may be cut off. Elsewhere the error is here.
    if (word === undefined && !this.isAtEnd) this.at = start
    return word
  }

  /** Skips space and comments. Returns false if a comment says that something was left out, or may say so. */
  #skip(): boolean {
    for (;;) {
      this.#take(SPACE)
      const start = this.at
      const comment = this.#take(COMMENT)
      if (comment === undefined) return true
      this.comments.push(comment)
      const isLeftOut = LEFT_OUT.test(comment)
      if (!isLeftOut && !LEAVES_OPEN.test(comment)) continue
      this.at = start
      this.#fail(`has a comment that ${isLeftOut ? 'says that something was left out' : 'leaves something open'}`)
      return false
    }
  }

  #isClosing(bracket: string): boolean {
    return this.#text[this.at] === bracket || (this.#canComplete && this.isAtEnd)
  }

  #closes(bracket: string): boolean {
    if (this.#takes(bracket)) return true
    if (!this.#isClosing(bracket)) return false
    this.hasCompleted = true
    return true
  }

  #fail(problem: string): undefined {
    this.problem ??= problem
  }

  #takes(character: string): boolean {
    if (this.#text[this.at] !== character) return false
    this.at++
    return true
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
/** The start of an escape at the end of a text that was cut. */
const CUT_ESCAPE = /(?<=(?:^|[^\\])(?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$/

/** Converts the text between two quotes to a JSON string. Undefined if it has an escape that JSON does not have. */
function asJsonString(body: string, close: string): string | undefined {
  let isKnown = true
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what JSON forbids in strings.
  const json = body.replace(/\\[\s\S]?|["\u0000-\u001f]/g, (found, at: number) => {
    if (found === '"' || found < ' ') return JSON.stringify(found).slice(1, -1)
    if (found === "\\'" && (close === "'" || close === '’')) return "'"
    ESCAPE.lastIndex = at
    isKnown &&= ESCAPE.test(body)
    return found
  })
  return isKnown ? `"${json}"` : undefined
}
