import type { WindowName } from '../windows/windows.ts'

const MINUTE_MS = 60_000

/**
 * Coarser steps than those of the figures over all tenants, because there may be thousands of tenants. A window is
 * exact to about a tenth of its length.
 */
const SHAPES: Readonly<Record<WindowName, { readonly stepMs: number; readonly steps: number }>> = {
  '5m': { stepMs: MINUTE_MS / 2, steps: 10 },
  '1h': { stepMs: 5 * MINUTE_MS, steps: 12 },
  '24h': { stepMs: 60 * MINUTE_MS, steps: 24 },
}

/** number of the step · tasks · failed · nano-USD · blocked calls */
const FIELDS = 5
type Field = 1 | 2 | 3 | 4

export type TenantSum = {
  readonly tasks: number
  readonly failed: number
  readonly costNanos: number
  readonly blocks: number
}

/** The figures of one tenant, in one or two kilobytes, whatever it does. */
export class TenantFigures {
  readonly #windows = Object.values(SHAPES).map(({ stepMs, steps }) => ({
    stepMs,
    steps,
    values: new Float64Array(steps * FIELDS),
  }))

  taskEnded(nowMs: number, isFailed: boolean): void {
    this.#add(nowMs, 1, 1)
    if (isFailed) this.#add(nowMs, 2, 1)
  }

  charged(nowMs: number, usd: number): void {
    this.#add(nowMs, 3, Math.round(usd * 1e9))
  }

  blocked(nowMs: number): void {
    this.#add(nowMs, 4, 1)
  }

  sum(window: WindowName, nowMs: number): TenantSum {
    const index = Object.keys(SHAPES).indexOf(window)
    const { stepMs, steps, values } = this.#windows[index]!
    const newest = Math.floor(nowMs / stepMs)
    const sums = [0, 0, 0, 0, 0]
    for (let at = 0; at < values.length; at += FIELDS) {
      const step = values[at]!
      if (step <= newest - steps || step > newest) continue
      for (let field = 1; field < FIELDS; field++) sums[field]! += values[at + field]!
    }
    return { tasks: sums[1]!, failed: sums[2]!, costNanos: sums[3]!, blocks: sums[4]! }
  }

  #add(nowMs: number, field: Field, amount: number): void {
    for (const { stepMs, steps, values } of this.#windows) {
      const step = Math.floor(nowMs / stepMs)
      const at = (step % steps) * FIELDS
      if (values[at] !== step) {
        values.fill(0, at, at + FIELDS)
        values[at] = step
      }
      values[at + field]! += amount
    }
  }
}
