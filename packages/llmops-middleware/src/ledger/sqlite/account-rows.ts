import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Nanos } from '../../usd.ts'
import { type Account, type AccountPeriod, createAccount, createAccountPeriod } from '../books/account.ts'
import { createRollingWindow, type RollingStep, unknownIn } from '../books/rolling-window.ts'
import { type Period, periodEndMs, periodName } from '../period.ts'

export class AccountRows {
  readonly #selectLimit: StatementSync
  readonly #selectPeriods: StatementSync
  readonly #upsertLimit: StatementSync
  readonly #deleteLimit: StatementSync
  readonly #upsertPeriod: StatementSync
  readonly #deleteAhead: StatementSync
  readonly #upsertUnknown: StatementSync
  readonly #forget: StatementSync
  /** Periods that have a row in `account_unknown`; most never need one. */
  readonly #withUnknown = new WeakSet<AccountPeriod>()
  readonly #forgetUnknown: StatementSync

  constructor(database: DatabaseSync) {
    this.#selectLimit = database.prepare('SELECT limit_nanos FROM account_limit WHERE period = ? AND account = ?')
    this.#selectPeriods = database.prepare(`
      SELECT * FROM account_period LEFT JOIN account_unknown USING (period, account, start_ms)
      WHERE period = ? AND account = ? ORDER BY start_ms DESC LIMIT 2`)
    this.#upsertLimit = database.prepare('INSERT OR REPLACE INTO account_limit VALUES (?, ?, ?)')
    this.#deleteLimit = database.prepare('DELETE FROM account_limit WHERE period = ? AND account = ?')
    this.#upsertPeriod = database.prepare(`
      INSERT OR REPLACE INTO account_period (period, account, start_ms, spent_nanos, held_nanos, open_holds,
        limit_nanos, limit_until_ms, notices, steps, forget_after_ms, earlier_at_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#deleteAhead = database.prepare('DELETE FROM account_period WHERE period = ? AND account = ? AND start_ms > ?')
    this.#upsertUnknown = database.prepare('INSERT OR REPLACE INTO account_unknown VALUES (?, ?, ?, ?)')
    this.#forget = database.prepare('DELETE FROM account_period WHERE forget_after_ms <= ? AND open_holds = 0')
    this.#forgetUnknown = database.prepare(`
      DELETE FROM account_unknown WHERE (period, account, start_ms) NOT IN (
        SELECT period, account, start_ms FROM account_period)`)
  }

  load(name: string, period: Period, nowMs: number): Account | undefined {
    const limit = this.#selectLimit.get(periodName(period), name) as { limit_nanos: Nanos } | undefined
    const [current, previous] = this.#selectPeriods.all(periodName(period), name) as PeriodRow[]
    if (limit === undefined && current === undefined) return undefined

    const account = createAccount(name, period, nowMs)
    account.limitNanos = limit?.limit_nanos
    if (current !== undefined) account.current = this.#periodOf(current, period, nowMs)
    if (previous !== undefined) account.previous = this.#periodOf(previous, period, nowMs)
    return account
  }

  #periodOf(row: PeriodRow, period: Period, nowMs: number): AccountPeriod {
    const loaded = accountPeriodOf(row, period, nowMs)
    if (row.unknown_nanos !== null) this.#withUnknown.add(loaded)
    return loaded
  }

  store(account: Account, nowMs: number): void {
    const period = periodName(account.period)
    if (account.limitNanos === undefined) this.#deleteLimit.run(period, account.name)
    else this.#upsertLimit.run(period, account.name, account.limitNanos)
    this.#storePeriod(account, account.current, nowMs)
    if (account.hasGoneBack) this.#deleteAhead.run(period, account.name, account.current.startMs)
    if (account.previous !== undefined) this.#storePeriod(account, account.previous, nowMs)
  }

  /** Drops the periods that no longer count. */
  forget(nowMs: number): void {
    this.#forget.run(nowMs)
    this.#forgetUnknown.run()
  }

  #storePeriod(account: Account, period: AccountPeriod, nowMs: number): void {
    const forgetAfterMs =
      typeof account.period === 'object'
        ? nowMs + 2 * account.period.rollingMs
        : periodEndMs(account.period, period.endMs)
    this.#upsertPeriod.run(
      periodName(account.period),
      account.name,
      period.startMs,
      period.spentNanos,
      period.heldNanos,
      period.openHolds,
      period.limit?.nanos ?? null,
      period.limit?.untilMs ?? null,
      JSON.stringify(period.notices),
      JSON.stringify(period.window?.steps ?? []),
      forgetAfterMs,
      period.earlierAtMs ?? OF_THIS_RELEASE,
    )
    if (period.window === undefined && (period.unknownNanos !== 0 || this.#withUnknown.has(period))) {
      this.#upsertUnknown.run(periodName(account.period), account.name, period.startMs, period.unknownNanos)
    }
  }
}

type PeriodRow = {
  readonly start_ms: number
  readonly spent_nanos: number
  readonly held_nanos: number
  readonly open_holds: number
  readonly limit_nanos: Nanos | null
  readonly limit_until_ms: number | null
  readonly notices: string
  readonly steps: string
  readonly unknown_nanos: number | null
  readonly earlier_at_ms: number | null
}

/** The value of `earlier_at_ms` that this release writes. Earlier releases write rows without the column, which makes it null. */
const OF_THIS_RELEASE = 0

function earlierAtMs({ earlier_at_ms }: PeriodRow, nowMs: number): number | undefined {
  return earlier_at_ms === OF_THIS_RELEASE ? undefined : (earlier_at_ms ?? nowMs)
}

function accountPeriodOf(row: PeriodRow, period: Period, nowMs: number): AccountPeriod {
  const limit =
    row.limit_nanos === null || row.limit_until_ms === null
      ? undefined
      : { nanos: row.limit_nanos, untilMs: row.limit_until_ms }
  const steps = typeof period === 'object' ? (JSON.parse(row.steps) as RollingStep[]) : []
  return {
    ...createAccountPeriod(period, row.start_ms),
    spentNanos: row.spent_nanos,
    unknownNanos: typeof period === 'object' ? unknownIn(steps) : (row.unknown_nanos ?? 0),
    heldNanos: row.held_nanos,
    openHolds: row.open_holds,
    limit,
    notices: JSON.parse(row.notices),
    earlierAtMs: earlierAtMs(row, nowMs),
    window: typeof period === 'object' ? createRollingWindow(period.rollingMs, steps) : undefined,
  }
}
