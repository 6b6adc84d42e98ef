/** Deeper values are refused anyway, whatever their spelling. */
const MAX_DEPTH = 64

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
const LEFT_OUT = /\.{3}|…|\b(?:omitted|rest|remaining|truncated|unchanged|etc|same as)\b/i
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y
const WORD = /[A-Za-z]+(?!\w)/y

/** Reads one value of JSON in the spellings of models, and writes it as JSON. It reads what is there, and adds nothing. */
export class JsonReader {
  readonly #text: string
  /** Where it stands: after the value once that was read. */
  at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.at = at
  }

  /** Whether it got to the end of the text without an end of the value. */
  get isAtEnd(): boolean {
    return this.at >= this.#text.length
  }

  /** The value as JSON; undefined when it has no end, no reading or a second one. */
  read(depth = 0): string | undefined {
    if (depth > MAX_DEPTH) return undefined
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
    const keys = new Set<unknown>()
    this.at++
    for (;;) {
      if (!this.#skip()) return undefined
      if (this.#takes('}')) return `{${fields.join()}}`
      const key = this.#string()
      if (key === undefined || !this.#skip() || !this.#takes(':') || !this.#skip()) return undefined
      // Which of the two was meant is not known.
      const name: unknown = JSON.parse(key)
      if (keys.has(name)) return undefined
      keys.add(name)
      const value = this.read(depth + 1)
      const end = this.at
      if (value === undefined || !this.#skip()) return undefined
      fields.push(`${key}:${value}`)
      // Without a comma only a key can follow, and not at once: in "a""b" the quotes may belong to a text.
      if (!this.#takes(',') && this.#text[this.at] !== '}' && this.at === end) return undefined
    }
  }

  #list(depth: number): string | undefined {
    const items: string[] = []
    this.at++
    for (;;) {
      if (!this.#skip()) return undefined
      if (this.#takes(']')) return `[${items.join()}]`
      const item = this.read(depth + 1)
      if (item === undefined || !this.#skip()) return undefined
      items.push(item)
      if (!this.#takes(',') && this.#text[this.at] !== ']') return undefined
    }
  }

  #string(): string | undefined {
    const close = CLOSING_QUOTE[this.#text[this.at] ?? '']
    if (close === undefined) return undefined
    const start = this.at + 1
    let end = start
    for (; this.#text[end] !== close; end++) {
      if (this.#text[end] === '\\') end++
      if (end >= this.#text.length) {
        this.at = end
        return undefined
      }
    }
    const json = asJsonString(this.#text.slice(start, end), close)
    if (json !== undefined) this.at = end + 1
    return json
  }

  #word(): string | undefined {
    const start = this.at
    const word = WORDS[this.#take(WORD) ?? '']
    // At the end of the text it may have been cut; elsewhere the fault is here.
    if (word === undefined && !this.isAtEnd) this.at = start
    return word
  }

  /** Passes over space and comments; false when a comment says that something was left out. */
  #skip(): boolean {
    for (;;) {
      this.#take(SPACE)
      const comment = this.#take(COMMENT)
      if (comment === undefined) return true
      if (LEFT_OUT.test(comment)) return false
    }
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
