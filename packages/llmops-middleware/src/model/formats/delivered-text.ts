/** If more than this share of the pieces must be several tokens, the stream does not send one token per piece. */
const MOST_CUT = 0.1

/**
 * Counts the tokens that a stream has delivered, for an answer without usage. If the stream sends one token per piece, the
 * number of pieces is the count. If pieces are longer than one token can be, their text counts the most tokens that it can
 * be.
 */
export class DeliveredText {
  #pieces = 0
  #cutPieces = 0
  #others = 0
  /** One token per piece, and for pieces that must be several tokens the most that they can be. */
  #byPiece = 0
  #most = 0

  get tokens(): number {
    return Math.ceil(this.#cutPieces > 1 + MOST_CUT * this.#pieces ? this.#most : this.#byPiece)
  }

  /** How many pieces have arrived, of text and of anything else. */
  get pieces(): number {
    return this.#pieces + this.#others
  }

  /** Adds the piece of `text` from `start` to `end`. Bytes must be ASCII. */
  add(text: string | Uint8Array, start = 0, end = text.length): void {
    if (end <= start) return
    const { most, isCut } = readPiece(text, start, end)
    this.#pieces++
    if (isCut) this.#cutPieces++
    this.#byPiece += isCut ? most : 1
    this.#most += most
  }

  /** Adds a known number of tokens that are not text. */
  addTokens(tokens: number): void {
    this.#others++
    this.#byPiece += tokens
    this.#most += tokens
  }
}

const SPACE = 0
const LINE = 1
const SIGN = 2
const DIGIT = 3
const LOWER = 4
const UPPER = 5
const FOREIGN = 6

/** A piece of so few characters counts as one token, whatever they are. */
const SHORT_PIECE = 4
const DIGITS_OF_TOKEN = 3
/** So many letters of a word are one token. Each further letter, and each letter outside of words, adds up to 0.75 tokens. */
const LETTERS_OF_TOKEN = 4
const TOKENS_PER_LETTER = 0.75
const LONGEST_WORD_OF_TOKEN = 20

/**
 * Tokenizers split text before they look up tokens: before a word with the one sign or space in front of it, after three
 * digits, and around signs (the pattern of `o200k_base`, github.com/openai/tiktoken). A piece without a split can be one
 * token. The weights are an upper bound for `cl100k_base` and `o200k_base` on the texts of the test.
 */
function readPiece(
  text: string | Uint8Array,
  start: number,
  end: number,
): { readonly most: number; readonly isCut: boolean } {
  let cuts = 0
  let most = 0
  let run = -1
  let length = 0
  /** Whether these are not words but letters mixed with digits and capitals: an identifier, base64. */
  let isGlued = false
  let hasDense = false
  for (let at = start; at < end; at++) {
    const code = typeof text === 'string' ? text.charCodeAt(at) : text[at]!
    // Emoji, and scripts without spaces between words, in which one character can be several tokens.
    if (isDense(code)) {
      most += 1.5
      hasDense = true
      run = -1
      continue
    }
    const kind = kindOf(code)
    if (kind >= LOWER && run >= LOWER) {
      if (kind === UPPER && run === LOWER) isGlued = true
      if (++length === LONGEST_WORD_OF_TOKEN) cuts++
    } else if (kind === run && (kind !== DIGIT || length < DIGITS_OF_TOKEN)) {
      length++
      if (kind === SIGN) most++
    } else {
      if (!joins(kind, run, length)) cuts++
      isGlued = run === DIGIT
      length = 1
      if (kind !== SPACE) most++
    }
    if (kind === FOREIGN) most += code < 0x800 ? 1 : 1.5
    else if (kind >= LOWER && (isGlued || length > LETTERS_OF_TOKEN)) most += TOKENS_PER_LETTER
    run = kind
  }
  return { most: Math.max(1, most), isCut: hasDense || (cuts > 1 && end - start > SHORT_PIECE) }
}

/** Whether a run is in one token with the run before it: a word after a sign or space, signs after a space, line ends. */
function joins(kind: number, before: number, length: number): boolean {
  if (kind === LINE) return before === SPACE || before === SIGN
  if (kind === SIGN) return before === SPACE && length === 1
  return kind >= LOWER && length === 1 && (before === SPACE || before === SIGN)
}

function kindOf(code: number): number {
  if (code >= 128) return FOREIGN
  if (code >= 97 && code <= 122) return LOWER
  if (code >= 65 && code <= 90) return UPPER
  if (code >= 48 && code <= 57) return DIGIT
  if (code === 32) return SPACE
  if (code === 10 || code === 13) return LINE
  return SIGN
}

function isDense(code: number): boolean {
  return code >= 0x2e80 || (code >= 0xe00 && code < 0xf00)
}
