import { Figures } from './figures.ts'

/** Figures by time step. Keeps a fixed number of the latest steps, whatever happens. */
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

  /** The figures of the step that contains the time. Creates them if the step has none yet. */
  at(atMs: number): Figures {
    const startMs = this.startOf(atMs)
    const known = this.#steps.get(startMs)
    if (known) return known
    const figures = new Figures()
    this.#steps.set(startMs, figures)
    return figures
  }

  /** Undefined if nothing happened in the step. */
  stepAt(startMs: number): Figures | undefined {
    return this.#steps.get(startMs)
  }

  /** Forgets steps older than the last `length`, and steps in the future, which a clock that was set back leaves. */
  forget(nowMs: number): void {
    const oldest = this.startOf(nowMs) - (this.length - 1) * this.stepMs
    for (const startMs of this.#steps.keys()) {
      if (startMs < oldest || startMs > nowMs + this.stepMs) this.#steps.delete(startMs)
    }
  }

  /** The steps between two times, with their figures. */
  between(fromMs: number, toMs: number): readonly (readonly [number, Figures])[] {
    const first = this.startOf(fromMs)
    return [...this.#steps].filter(([startMs]) => startMs >= first && startMs <= toMs)
  }
}
