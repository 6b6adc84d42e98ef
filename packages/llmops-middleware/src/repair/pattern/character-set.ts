/** What stands before the first character of a text, and after its last: no character equals it. */
export const START = 'start'
export const END = 'end'

/** Characters that stand for all when two sets are compared: those of patterns are among them, save in `\p{…}`. */
const SAMPLES = [
  ...Array.from({ length: 0x180 }, (_, code) => String.fromCodePoint(code)),
  ...'ΩяאابहกあカЖ中한\u2028\u2029\u2000\u3000\ufeff\ue000\ufffd😀𝒳',
]

/** The characters that one place of a pattern takes. */
export class CharacterSet {
  static readonly start = new CharacterSet((character) => character === START, 1n << BigInt(SAMPLES.length))
  static readonly end = new CharacterSet((character) => character === END, 1n << BigInt(SAMPLES.length + 1))
  static readonly any = new CharacterSet(
    (character) => character !== START && character !== END,
    (1n << BigInt(SAMPLES.length)) - 1n,
  )
  readonly #accepts: (character: string) => boolean
  readonly #known = new Map<string, boolean>()
  /** Which samples it takes, a bit each. */
  readonly #samples: bigint

  private constructor(accepts: (character: string) => boolean, samples: bigint) {
    this.#accepts = accepts
    this.#samples = samples
  }

  /** @param source a character, an escape, a class in brackets or a dot, as it stands in a pattern. */
  static of(source: string, flags: string): CharacterSet {
    // Characters far from all samples stand in a class by themselves or as the ends of a range.
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

  /** Whether there may be a character that both take. */
  overlaps(other: CharacterSet): boolean {
    return (this.#samples & other.#samples) !== 0n
  }
}

const MAX_KNOWN = 1000

/** The engine's own word for it, so that a set means here what it means there. */
function accepting(source: string, flags: string): (character: string) => boolean {
  const alone = new RegExp(`^${source === '$' || source === '^' ? `\\${source}` : source}$`, flags)
  return (character) => character.length <= 2 && alone.test(character)
}

function isBeyondSamples(source: string): boolean {
  return /\\[pPu]|[^\0-\u017f]/u.test(source)
}
