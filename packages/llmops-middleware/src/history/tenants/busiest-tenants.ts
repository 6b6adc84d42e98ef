import type { WindowName } from '../windows/windows.ts'
import { TenantFigures, type TenantSum } from './tenant-figures.ts'

/** Of more the smallest are forgotten, all at once: sorting for each newcomer would cost more than all the rest. */
const MOST_KEPT = 2000
const MOST = 2500

/** A name that is longer is of nobody; what it did is in the figures of all tenants together. */
const LONGEST_NAME = 256

const A_TASK = 1000
/** Whoever is refused is looked for, however little they spend. */
const A_BLOCK = 1e9

/** The tenants that spend, ask and are refused most. However many there are, memory stays where it is. */
export class BusiestTenants {
  readonly #tenants = new Map<string, TenantFigures>()
  readonly #most: number
  readonly #mostKept: number

  constructor({ most = MOST, mostKept = MOST_KEPT } = {}) {
    this.#most = most
    this.#mostKept = mostKept
  }

  get known(): number {
    return this.#tenants.size
  }

  of(tenant: string, nowMs: number): TenantFigures {
    const known = this.#tenants.get(tenant)
    if (known) return known
    const figures = new TenantFigures()
    if (tenant.length > LONGEST_NAME) return figures
    if (this.#tenants.size >= this.#most) this.#forgetSmallest(nowMs)
    this.#tenants.set(tenant, figures)
    return figures
  }

  get(tenant: string): TenantFigures | undefined {
    return this.#tenants.get(tenant)
  }

  /** Those whose name contains the text, whatever its case, the busiest of the window first. */
  search(text: string, window: WindowName, nowMs: number): readonly (TenantSum & { readonly tenant: string })[] {
    const wanted = text.toLowerCase()
    return [...this.#tenants]
      .filter(([tenant]) => tenant.toLowerCase().includes(wanted))
      .map(([tenant, figures]) => ({ tenant, ...figures.sum(window, nowMs) }))
      .sort((a, b) => weightOf(b) - weightOf(a))
  }

  #forgetSmallest(nowMs: number): void {
    const weights = [...this.#tenants].map(
      ([tenant, figures]) => [tenant, weightOf(figures.sum('24h', nowMs))] as const,
    )
    weights.sort(([, a], [, b]) => b - a)
    for (const [tenant] of weights.slice(this.#mostKept)) this.#tenants.delete(tenant)
  }
}

function weightOf({ costNanos, tasks, blocks }: TenantSum): number {
  return costNanos + tasks * A_TASK + blocks * A_BLOCK
}
