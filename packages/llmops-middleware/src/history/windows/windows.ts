import { Figures } from './figures.ts'
import { Ring } from './ring.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60_000

/** The steps of each window. A chart shows each step as one point. */
const SHAPES = {
  '5m': { stepMs: 5 * SECOND_MS, length: 60 },
  '1h': { stepMs: MINUTE_MS, length: 60 },
  '24h': { stepMs: 15 * MINUTE_MS, length: 96 },
} as const

export type WindowName = keyof typeof SHAPES
export const WINDOWS = Object.keys(SHAPES) as readonly WindowName[]

/** The finest steps. The coarser ones are sums of them. */
const FINE = SHAPES['5m']
export const FINEST_STEP_MS = FINE.stepMs
const COARSE = [SHAPES['1h'], SHAPES['24h']] as const

/** A step of one of the windows, as a file keeps it. */
export type KeptStep = { readonly stepMs: number; readonly startMs: number; readonly figures: Figures }

export type Point = { readonly startMs: number; readonly figures: Figures }

const NOTHING: Figures = new Figures()

/**
 * The figures of the last five minutes, hour and day, in fixed steps, so that memory does not grow with the load. The
 * figures of other processes are kept apart from those of this one, so that each process writes only its own.
 */
export class Windows {
  readonly #own = rings()
  #others = rings()
  /** The finest steps before this time are already added to the coarse ones. */
  #mergedUntilMs: number
  /** The steps whose figures changed since they were last written. */
  readonly #changed = new Map<string, KeptStep>()

  constructor(nowMs: number) {
    this.#mergedUntilMs = this.#fine.startOf(nowMs)
  }

  /** The figures of the current step, to which new events are added. */
  now(nowMs: number): Figures {
    return this.#fine.at(nowMs)
  }

  /** Replaces the steps of other processes. */
  setOthers(steps: readonly KeptStep[]): void {
    this.#others = rings()
    for (const { stepMs, startMs, figures } of steps) this.#others.get(stepMs)?.at(startMs).addAll(figures)
  }

  /** Adds the finest steps that are over to the coarse ones, and forgets steps that are too old. */
  roll(nowMs: number): void {
    const endMs = this.#fine.startOf(nowMs)
    if (endMs > this.#mergedUntilMs) this.#merge(endMs)
    for (const ring of [...this.#own.values(), ...this.#others.values()]) ring.forget(nowMs)
  }

  /** Returns the steps that are not in the file yet. With `isLast`, the current step too. */
  takeChanged(nowMs: number, isLast = false): readonly KeptStep[] {
    if (isLast) this.#merge(nowMs + 1)
    const changed = [...this.#changed.values()]
    this.#changed.clear()
    return changed
  }

  /** The sum of all figures in a window. */
  total(window: WindowName, nowMs: number): Figures {
    return sumOf(this.points(window, nowMs).map(({ figures }) => figures))
  }

  /** The figures since `fromMs`, at most five minutes back. */
  since(fromMs: number, nowMs: number): Figures {
    const { stepMs } = FINE
    const steps = [this.#own, this.#others].flatMap((rings) => rings.get(stepMs)!.between(fromMs, nowMs))
    return sumOf(steps.map(([, figures]) => figures))
  }

  /** The steps of a window in order, empty ones included. The last step is not over. */
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

/** The sum of the parts. A single part is returned itself, so callers must not change the result. */
function sumOf(parts: readonly Figures[]): Figures {
  if (parts.length <= 1) return parts[0] ?? NOTHING
  const sum = new Figures()
  for (const part of parts) sum.addAll(part)
  return sum
}
