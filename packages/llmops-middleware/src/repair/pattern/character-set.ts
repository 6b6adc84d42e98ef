/** Markers before the first and after the last character of a text. No character equals them. */
export const START = 'start'
export const END = 'end'

/** Sample characters for the comparison of two sets. They include those that patterns name, except in `\p{…}`. */
const SAMPLES = [
  ...Array.from({ length: 0x180 }, (_, code) => String.fromCodePoint(code)),
  ...'ΩяאابहกあカЖ中한\u2028\u2029\u2000\u3000\ufeff\ue000\ufffd😀𝒳',
]

/** The characters that one position of a pattern matches. */
export class CharacterSet {
  static readonly start = new CharacterSet((character) => character === START, 1n << BigInt(SAMPLES.length))
  static readonly end = new CharacterSet((character) => character === END, 1n << BigInt(SAMPLES.length + 1))
  static readonly any = new CharacterSet(
    (character) => character !== START && character !== END,
    (1n << BigInt(SAMPLES.length)) - 1n,
  )
  readonly #accepts: (character: string) => boolean
  readonly #known = new Map<string, boolean>()
  /** The samples that it matches, one bit each. */
  readonly #samples: bigint

  private constructor(accepts: (character: string) => boolean, samples: bigint) {
    this.#accepts = accepts
    this.#samples = samples
  }

  /** @param source a character, an escape, a class in brackets or a dot, as it is written in a pattern */
  static of(source: string, flags: string): CharacterSet {
    // A set with other characters than the samples may overlap with any set.
    if (isBeyondSamples(source)) return new CharacterSet(accepting(source, flags), CharacterSet.any.#samples)
    const accepts = accepting(source, flags)
    let bits = ''
    for (const sample of SAMPLES) bits = (accepts(sample) ? '1' : '0') + bits
    return new CharacterSet(accepts, BigInt(`0b${bits}`))
  }

  has(character: string): boolean {
    let known = this.#known.get(character)
    if (known === undefined) {
      known = this.#accepts(character)
      if (this.#known.size < MAX_KNOWN) this.#known.set(character, known)
    }
    return known
  }

  /** Whether a character may match both. */
  overlaps(other: CharacterSet): boolean {
    return (this.#samples & other.#samples) !== 0n
  }
}

const MAX_KNOWN = 1000

/** Asks the engine of JavaScript, so that a set has the same meaning. */
function accepting(source: string, flags: string): (character: string) => boolean {
  const alone = new RegExp(`^${source === '$' || source === '^' ? `\\${source}` : source}$`, flags)
  return (character) => character.length <= 2 && alone.test(character)
}

function isBeyondSamples(source: string): boolean {
  return /\\[pPu]|[^\0-\u017f]/u.test(source)
}
