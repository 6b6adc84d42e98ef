import { type BudgetBreaker, periodStartOf } from '../budget/index.ts'
import type { History, WindowName } from '../history/index.ts'
import type { Account, Level, TenantFigures, TenantList } from './contract.ts'
import { freshnessOf } from './freshness.ts'

/** So many accounts are read of the ledger for a list; among them are the ones that spend and are refused most. */
const MOST_READ = 200
/** However many look, an account is read once in so long. */
const READ_EVERY_MS = 5000
const MOST_REMEMBERED = 1000
const HOUR_MS = 3_600_000
/** Of less than this part of a period nothing follows for the rest. */
const LEAST_PART = 0.01
const NEAR = 0.8

type Scope = { readonly name: string; readonly id: string }
type Read = { readonly atMs: number; readonly state: ReturnType<BudgetBreaker['read']> }

export type TenantQuery = {
  readonly window: WindowName
  readonly search: string
  readonly limit: number
}

/** What payers have spent of their limits, by the ledger where there is a budget. */
export class Accounts {
  readonly #history: History
  readonly #budget: BudgetBreaker | undefined
  readonly #read = new Map<string, Read>()

  constructor(history: History, budget: BudgetBreaker | undefined) {
    this.#history = history
    this.#budget = budget
  }

  async list({ window, search, limit }: TenantQuery, nowMs: number): Promise<TenantList> {
    const { tenants, windows } = this.#history
    const matching = tenants.search(search, window, nowMs)
    const figures = await Promise.all(
      matching.slice(0, MOST_READ).map(async ({ tenant, tasks, failed, costNanos }) => {
        const account = await this.account(tenant, undefined, nowMs)
        return { ...account, tasks, failed, costUsd: costNanos / 1e9 }
      }),
    )
    const listed = figures.toSorted(byShare).slice(0, limit)
    const all = search === '' ? windows.total(window, nowMs).counts.costNanos / 1e9 : sumOf(matching.map(costOf))
    return {
      freshness: freshnessOf(this.#history, nowMs),
      window,
      tenants: listed,
      others: {
        tenants: matching.length - listed.length,
        costUsd: Math.max(0, rounded(all - sumOf(listed.map(({ costUsd }) => costUsd)))),
      },
      known: tenants.known,
    }
  }

  /** @throws InvalidOptionError for a scope that the budget does not know. */
  async account(tenant: string, scope: Scope | undefined, nowMs: number): Promise<Account> {
    const figures = this.#history.tenants.get(tenant)
    const named = { tenant, ...(scope && { scope }) }
    if (!this.#budget) {
      const spentUsd = (figures?.sum('24h', nowMs).costNanos ?? 0) / 1e9
      return { ...named, spentUsd, ...NO_BUDGET }
    }
    const { spentUsd, heldUsd, unknownUsd, limitUsd, resetsAt } = await this.#stateOf(tenant, scope, nowMs)
    const resetsAtMs = resetsAt.getTime()
    const startMs = periodStartOf(this.#budget, scope?.name, nowMs)
    const forecastUsd = forecast(spentUsd, startMs, resetsAtMs, nowMs)
    const lastHourUsd = scope === undefined ? (figures?.sum('1h', nowMs).costNanos ?? 0) / 1e9 : 0
    return {
      ...named,
      spentUsd,
      heldUsd,
      unknownUsd,
      limitUsd,
      share: limitUsd > 0 ? spentUsd / limitUsd : 1,
      level: levelOf(spentUsd, limitUsd, forecastUsd),
      resetsAtMs,
      forecastUsd,
      runsOutAtMs: runsOut(limitUsd - spentUsd, lastHourUsd, resetsAtMs, nowMs),
    }
  }

  /** What was changed is read again. */
  forget(): void {
    this.#read.clear()
  }

  #stateOf(tenant: string, scope: Scope | undefined, nowMs: number): Read['state'] {
    const key = JSON.stringify([tenant, scope?.name, scope?.id])
    const known = this.#read.get(key)
    if (known && Math.abs(nowMs - known.atMs) < READ_EVERY_MS) return known.state
    const state = this.#budget!.read(tenant, scope)
    if (this.#read.size >= MOST_REMEMBERED) this.#read.clear()
    this.#read.set(key, { atMs: nowMs, state })
    // A ledger that was unavailable is asked again at once.
    state.catch(() => this.#read.delete(key))
    return state
  }
}

const NO_BUDGET = {
  heldUsd: null,
  unknownUsd: null,
  limitUsd: null,
  share: null,
  level: 'unknown',
  resetsAtMs: null,
  forecastUsd: null,
  runsOutAtMs: null,
} as const

function forecast(spentUsd: number, startMs: number, endMs: number, nowMs: number): number | null {
  const part = (nowMs - startMs) / (endMs - startMs)
  if (!(part >= LEAST_PART)) return null
  // The spend of a rolling window falls as well as rises.
  return part >= 1 ? spentUsd : rounded(spentUsd / part)
}

function runsOut(leftUsd: number, lastHourUsd: number, resetsAtMs: number, nowMs: number): number | null {
  if (leftUsd <= 0) return nowMs
  const atMs = nowMs + (leftUsd / lastHourUsd) * HOUR_MS
  return atMs < resetsAtMs ? Math.round(atMs) : null
}

function levelOf(spentUsd: number, limitUsd: number, forecastUsd: number | null): Level {
  if (spentUsd >= limitUsd) return 'bad'
  return spentUsd >= limitUsd * NEAR || (forecastUsd ?? 0) > limitUsd ? 'warn' : 'good'
}

function byShare(one: TenantFigures, other: TenantFigures): number {
  return (other.share ?? 0) - (one.share ?? 0) || other.spentUsd - one.spentUsd
}

const costOf = ({ costNanos }: { readonly costNanos: number }) => costNanos / 1e9
const sumOf = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0)
/** Sums and quotients of floats, to the nano-USD. */
const rounded = (usd: number) => Math.round(usd * 1e9) / 1e9
