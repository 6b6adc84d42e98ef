import type { WindowName } from '../windows/windows.ts'
import { TenantFigures, type TenantSum } from './tenant-figures.ts'

/** At `MOST`, all but the `MOST_KEPT` busiest are forgotten at once, as sorting for each new tenant would be slow. */
const MOST_KEPT = 2000
const MOST = 2500

/** A tenant with a longer name is not kept. The figures over all tenants still include it. */
const LONGEST_NAME = 256

const A_TASK = 1000
/** Operators search for tenants that are refused, however little they spend, so a refusal weighs most. */
const A_BLOCK = 1e9

/** The tenants that spend, call and are refused most. Memory is limited, however many tenants there are. */
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

  /** The tenants whose name contains the text, ignoring case, ordered from the busiest in the window. */
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
