/** What names past the limit are counted as. */
export const OTHER = 'other'

/** Figures by name, of at most so many names: models, tools and reasons are data from outside. */
export class NamedFigures<Figures> {
  readonly #figures = new Map<string, Figures>()
  readonly #most: number
  readonly #create: () => Figures

  constructor(most: number, create: () => Figures) {
    this.#most = most
    this.#create = create
  }

  of(name: string): Figures {
    return this.#figures.get(name) ?? this.#admit(name)
  }

  #admit(name: string): Figures {
    if (this.#figures.size >= this.#most && name !== OTHER) return this.of(OTHER)
    const figures = this.#create()
    this.#figures.set(name, figures)
    return figures
  }

  get entries(): readonly (readonly [string, Figures])[] {
    return [...this.#figures]
  }
}
