/** A stream in which more than this share of its pieces is cut does not send a token a piece. */
const MOST_CUT = 0.1

/**
 * Counts what a stream has delivered, for an answer whose usage never comes. Where it sends a token a piece, its pieces
 * are the count; where pieces hold more than one token can be, their text counts what its kind makes at most.
 */
export class DeliveredText {
  #pieces = 0
  #cutPieces = 0
  /** A token for each piece, and for those that are cut the most that they can be. */
  #byPiece = 0
  #most = 0

  get tokens(): number {
    return Math.ceil(this.#cutPieces > 1 + MOST_CUT * this.#pieces ? this.#most : this.#byPiece)
  }

  /** Adds the piece that stands in `text` from `start` to `end`; in bytes it is ASCII. */
  add(text: string | Uint8Array, start = 0, end = text.length): void {
    if (end <= start) return
    const { most, isCut } = readPiece(text, start, end)
    this.#pieces++
    if (isCut) this.#cutPieces++
    this.#byPiece += isCut ? most : 1
    this.#most += most
  }

  /** Adds what is no text, and is counted by its length. */
  addTokens(tokens: number): void {
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

/** So few characters come alone where a provider sends a token a piece, whatever they are. */
const SHORT_PIECE = 4
const DIGITS_OF_TOKEN = 3
/** Letters of a word that are one token in any vocabulary, and what each further one, or each of no word, can be. */
const LETTERS_OF_TOKEN = 4
const TOKENS_PER_LETTER = 0.75
const LONGEST_WORD_OF_TOKEN = 20

/**
 * Tokenizers cut before they look anything up: before a word with the one sign or space in front of it, after three
 * digits, around signs (the pattern of `o200k_base`, github.com/openai/tiktoken). A piece without a cut can be one token.
 * The weights bound `cl100k_base` and `o200k_base` over the texts of the test.
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
  /** Whether this is no word but letters among digits and capitals: an identifier, base64. */
  let isGlued = false
  let hasDense = false
  for (let at = start; at < end; at++) {
    const code = typeof text === 'string' ? text.charCodeAt(at) : text[at]!
    // Scripts without spaces between words, of which one character can be several tokens, and emoji.
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

/** Whether a run belongs to the one before it: a word to one sign or space, signs to a space, line ends to either. */
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
