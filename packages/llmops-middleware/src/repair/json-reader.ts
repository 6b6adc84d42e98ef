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
/** What models write in place of what they do not repeat. */
const LEFT_OUT =
  /\.{3}|…|\b(?:omitted|rest|remaining|truncated|unchanged|etc|same as|as (?:above|before)|and so on|more|others?|continued?|repeat(?:ed)?|similar(?:ly)?|ditto|existing|previous|snip(?:ped)?|skipped|abbreviated|shortened|elided|placeholder|todo|tbd|fixme|fill(?:ed)?)\b/i
/** A field that was taken out, or a question. */
const LEAVES_OPEN = /["'“”‘’]\s*:|\?/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y
const WORD = /[A-Za-z]+(?!\w)/y
const BARE_KEY = /[A-Za-z_$][\w$-]*(?=\s*:)/y

export type ReaderOptions = {
  /** Whether the end of the text may stand for closing brackets and a closing quote, and keys may lack their quotes. */
  readonly canComplete: boolean
}

/** Reads one value of JSON in the spellings of models, and writes it as JSON. Unless it may complete, it adds nothing. */
export class JsonReader {
  readonly #text: string
  readonly #canComplete: boolean
  /** Where it stands: after the value once that was read. */
  at: number
  /** What is wrong where it stands, if that can be said; it completes a sentence that begins with the text. */
  problem: string | undefined
  /** Whether brackets or quotes were added. */
  hasCompleted = false

  constructor(text: string, at: number, { canComplete }: ReaderOptions) {
    this.#text = text
    this.#canComplete = canComplete
    this.at = at
  }

  /** Whether it got to the end of the text without an end of the value. */
  get isAtEnd(): boolean {
    return this.at >= this.#text.length
  }

  /** The value as JSON; undefined when it has no end, no reading or a second one. */
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
      // Without a comma only a key can follow, and not at once: in "a""b" the quotes may belong to a text.
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
    // A key that was cut has no value.
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
      return this.#fail('has an escape in a text that JSON does not know: a backslash is written \\\\')
    }
    this.at = isCut ? this.#text.length : end + 1
    this.hasCompleted ||= isCut
    return json
  }

  #word(): string | undefined {
    const start = this.at
    const word = WORDS[this.#take(WORD) ?? '']
    // At the end of the text it may have been cut; elsewhere the fault is here.
    if (word === undefined && !this.isAtEnd) this.at = start
    return word
  }

  /** Passes over space and comments; false when a comment says that something was left out, or leaves it open. */
  #skip(): boolean {
    for (;;) {
      this.#take(SPACE)
      const start = this.at
      const comment = this.#take(COMMENT)
      if (comment === undefined) return true
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
/** The beginning of an escape at the end of a text that was cut. */
const CUT_ESCAPE = /(?<=(?:^|[^\\])(?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$/

/** What stood between two quotes as a string of JSON; undefined when it has an escape that JSON does not know. */
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
