import { Figures } from './figures.ts'

/** Figures by the steps of time that they fell into: the last so many, whatever happens. */
export class Ring {
  readonly stepMs: number
  readonly length: number
  readonly #steps = new Map<number, Figures>()

  constructor(stepMs: number, length: number) {
    this.stepMs = stepMs
    this.length = length
  }

  startOf(atMs: number): number {
    return Math.floor(atMs / this.stepMs) * this.stepMs
  }

  /** Those of the step that contains the moment; made where nothing happened in it yet. */
  at(atMs: number): Figures {
    const startMs = this.startOf(atMs)
    const known = this.#steps.get(startMs)
    if (known) return known
    const figures = new Figures()
    this.#steps.set(startMs, figures)
    return figures
  }

  /** Undefined where nothing happened. */
  stepAt(startMs: number): Figures | undefined {
    return this.#steps.get(startMs)
  }

  /** Forgets what is no longer of the last `length` steps, and what a clock that was set back left in the future. */
  forget(nowMs: number): void {
    const oldest = this.startOf(nowMs) - (this.length - 1) * this.stepMs
    for (const startMs of this.#steps.keys()) {
      if (startMs < oldest || startMs > nowMs + this.stepMs) this.#steps.delete(startMs)
    }
  }

  /** The steps from one to another moment, with what happened in them. */
  between(fromMs: number, toMs: number): readonly (readonly [number, Figures])[] {
    const first = this.startOf(fromMs)
    return [...this.#steps].filter(([startMs]) => startMs >= first && startMs <= toMs)
  }
}
