import { Figures } from './figures.ts'
import { Ring } from './ring.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60_000

/** The steps of each window: what is shown as one point. */
const SHAPES = {
  '5m': { stepMs: 5 * SECOND_MS, length: 60 },
  '1h': { stepMs: MINUTE_MS, length: 60 },
  '24h': { stepMs: 15 * MINUTE_MS, length: 96 },
} as const

export type WindowName = keyof typeof SHAPES
export const WINDOWS = Object.keys(SHAPES) as readonly WindowName[]

/** The finest steps; the others are made of them. */
const FINE = SHAPES['5m']
export const FINEST_STEP_MS = FINE.stepMs
const COARSE = [SHAPES['1h'], SHAPES['24h']] as const

/** A step of one of the windows, as it is kept in a file. */
export type KeptStep = { readonly stepMs: number; readonly startMs: number; readonly figures: Figures }

export type Point = { readonly startMs: number; readonly figures: Figures }

const NOTHING: Figures = new Figures()

/**
 * What happened in the last five minutes, hour and day, in fixed steps: memory depends on none of how much happens. What
 * other processes left is beside what this one saw, so that each writes down its own only.
 */
export class Windows {
  readonly #own = rings()
  #others = rings()
  /** Finest steps before this moment are in the coarse ones too. */
  #mergedUntilMs: number
  /** Steps whose figures changed since they were last written down. */
  readonly #changed = new Map<string, KeptStep>()

  constructor(nowMs: number) {
    this.#mergedUntilMs = this.#fine.startOf(nowMs)
  }

  /** The figures to which what happens now is added. */
  now(nowMs: number): Figures {
    return this.#fine.at(nowMs)
  }

  /** Takes what other processes wrote down, in place of what it took before. */
  setOthers(steps: readonly KeptStep[]): void {
    this.#others = rings()
    for (const { stepMs, startMs, figures } of steps) this.#others.get(stepMs)?.at(startMs).addAll(figures)
  }

  /** Adds the finest steps that are over to the coarse ones, and forgets what is too old. */
  roll(nowMs: number): void {
    const endMs = this.#fine.startOf(nowMs)
    if (endMs > this.#mergedUntilMs) this.#merge(endMs)
    for (const ring of [...this.#own.values(), ...this.#others.values()]) ring.forget(nowMs)
  }

  /** Everything that is not in a file yet; with `isLast`, the step that is not over as well. */
  takeChanged(nowMs: number, isLast = false): readonly KeptStep[] {
    if (isLast) this.#merge(nowMs + 1)
    const changed = [...this.#changed.values()]
    this.#changed.clear()
    return changed
  }

  /** All that happened in a window. */
  total(window: WindowName, nowMs: number): Figures {
    return sumOf(this.points(window, nowMs).map(({ figures }) => figures))
  }

  /** What happened from a moment on, of the last five minutes. */
  since(fromMs: number, nowMs: number): Figures {
    const { stepMs } = FINE
    const steps = [this.#own, this.#others].flatMap((rings) => rings.get(stepMs)!.between(fromMs, nowMs))
    return sumOf(steps.map(([, figures]) => figures))
  }

  /** The steps of a window in their order, those without anything too; the last is not over. */
  points(window: WindowName, nowMs: number): readonly Point[] {
    this.roll(nowMs)
    const { stepMs, length } = SHAPES[window]
    const own = this.#own.get(stepMs)!
    const others = this.#others.get(stepMs)!
    const lastMs = own.startOf(nowMs)
    const open = stepMs === FINE.stepMs ? undefined : this.#fine.stepAt(this.#fine.startOf(nowMs))
    return Array.from({ length }, (_, index) => {
      const startMs = lastMs - (length - 1 - index) * stepMs
      const parts = [others.stepAt(startMs), own.stepAt(startMs), startMs === lastMs ? open : undefined]
      return { startMs, figures: sumOf(parts.filter((part) => part !== undefined)) }
    })
  }

  get #fine(): Ring {
    return this.#own.get(FINE.stepMs)!
  }

  #merge(endMs: number): void {
    for (const [startMs, figures] of this.#fine.between(this.#mergedUntilMs, endMs - 1)) {
      this.#changed.set(`${FINE.stepMs} ${startMs}`, { stepMs: FINE.stepMs, startMs, figures })
      for (const { stepMs } of COARSE) {
        const ring = this.#own.get(stepMs)!
        const coarse = ring.at(startMs)
        coarse.addAll(figures)
        const start = ring.startOf(startMs)
        this.#changed.set(`${stepMs} ${start}`, { stepMs, startMs: start, figures: coarse })
      }
    }
    this.#mergedUntilMs = endMs
  }
}

function rings(): ReadonlyMap<number, Ring> {
  return new Map([FINE, ...COARSE].map(({ stepMs, length }) => [stepMs, new Ring(stepMs, length)]))
}

/** The one itself where it is one, which nobody may change. */
function sumOf(parts: readonly Figures[]): Figures {
  if (parts.length <= 1) return parts[0] ?? NOTHING
  const sum = new Figures()
  for (const part of parts) sum.addAll(part)
  return sum
}
