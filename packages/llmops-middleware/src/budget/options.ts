import { InvalidOptionError } from '../errors.ts'
import type { CrossedNotice, LeaseEnd, Ledger, Period } from '../ledger/index.ts'
import { checkPeriod } from '../ledger/index.ts'
import type { RateCard } from '../pricing/index.ts'
import type { Usd } from '../usd.ts'

/**
 * What one id of a scope may spend in a period, in US dollars: the same for all, by name (`'*'` for all others; without
 * it an unnamed one has no budget), or looked up.
 */
export type Limit = Usd | Readonly<Record<string, Usd>> | ((id: string) => Usd | Promise<Usd>)

/** One more account that must pay, when the task or the reservation names an id for the scope. */
export type ScopeOptions = {
  /** `user`, `feature`, `organisation`: your word. */
  readonly scope: string
  readonly limitUsd: Limit
  readonly period?: Period
}

const FAILURE_RULES = ['closed', 'open'] as const

export type BudgetOptions = {
  /** What a tenant may spend in a period. */
  readonly limitUsd: Limit
  /** Default `month`. Calendar periods are in UTC. */
  readonly period?: Period
  /** Accounts beside the tenant's. All must pay in the same step. */
  readonly scopes?: readonly ScopeOptions[]
  /** From this share of the limit on the cheaper model answers. Default 0.8. */
  readonly downshiftAt?: number
  /**
   * The cheaper model. It answers only calls that it is cheaper for, of the format and operation that it serves: an
   * embedding, or a call to another maker's API, stays where it is. Without one nothing is downshifted.
   */
  readonly downshiftModel?: string
  /** Default: in this process's memory. */
  readonly ledger?: Ledger
  /** Default: the public prices. */
  readonly rateCard?: RateCard
  /** The output cap of a request that names none. Default 4,096 tokens. */
  readonly defaultMaxOutputTokens?: number
  /** The least output that is of use: a cap is never clamped below it. Default 64 tokens. */
  readonly minOutputTokens?: number
  /**
   * The most of the remainder that one call may hold while others are open, after it has waited for them: calls with
   * large caps then share a budget at the price of shorter answers. Default 1: off.
   */
  readonly contendedShare?: number
  /**
   * How long a call that open holds keep from its whole cap waits for them to give back, before it is clamped to what is
   * there, moved to the cheaper model, or refused. Default 2,000 ms; 0 does not wait.
   */
  readonly waitForHoldsMs?: number
  /** A hold that its process does not renew for so long is resolved. Default 60,000 ms. */
  readonly leaseMs?: number
  /**
   * What a call counts whose cost nobody can know: its whole hold (`charge`, the default) or nothing (`release`). A stream
   * that was left or cut is one when its model reasons unseen.
   */
  readonly onUnknownOutcome?: LeaseEnd
  /**
   * What a stream counts that was left or cut: what was delivered of it (default), or its whole hold (`charge`). A
   * provider bills what it generated until it noticed, which is a little more than what arrived.
   */
  readonly onCutStream?: 'delivered' | 'charge'
  /**
   * When the ledger does not answer:
   * - `closed` (default): new calls are refused
   * - `open`: each process counts for itself from what it last knew, and the ledger hears of it when it is back
   */
  readonly whenLedgerFails?: 'closed' | 'open'
  /**
   * A folder where settlements that the ledger could not take survive the process; the processes of one machine may
   * share it. Default none: they are kept in memory.
   */
  readonly journalFolder?: string
  /** Shares of a limit whose first crossing in a period is told to `onNotice`. Default none. */
  readonly noticeShares?: readonly number[]
  readonly onNotice?: (notice: CrossedNotice) => void
}

type Unfilled = 'downshiftModel' | 'ledger' | 'rateCard' | 'scopes' | 'journalFolder'

export type BudgetSettings = Required<Omit<BudgetOptions, Unfilled>> & {
  readonly downshiftModel: string | undefined
  readonly journalFolder: string | undefined
  readonly scopes: readonly Required<ScopeOptions>[]
}

/** Checks every option once and fills in the defaults. @throws InvalidOptionError naming the option. */
export function readBudgetOptions(options: BudgetOptions): BudgetSettings {
  checkLimit('limitUsd', options.limitUsd)
  const period = checkPeriod(options.period ?? 'month')
  const scopes = (options.scopes ?? []).map(({ scope, limitUsd, period: own = period }, index) => {
    const name = `scopes[${index}]`
    if (typeof scope !== 'string' || !/^[a-z][\w-]{0,31}$/i.test(scope) || scope === 'tenant') {
      throw new InvalidOptionError(`${name}.scope`, scope, 'a word of up to 32 letters other than `tenant`')
    }
    checkLimit(`${name}.limitUsd`, limitUsd)
    return { scope, limitUsd, period: checkPeriod(own, `${name}.period`) }
  })
  const settings: BudgetSettings = {
    limitUsd: options.limitUsd,
    period,
    scopes,
    downshiftAt: options.downshiftAt ?? 0.8,
    downshiftModel: options.downshiftModel,
    defaultMaxOutputTokens: options.defaultMaxOutputTokens ?? 4096,
    minOutputTokens: options.minOutputTokens ?? 64,
    contendedShare: options.contendedShare ?? 1,
    waitForHoldsMs: options.waitForHoldsMs ?? 2000,
    leaseMs: options.leaseMs ?? 60_000,
    onUnknownOutcome: options.onUnknownOutcome ?? 'charge',
    whenLedgerFails: options.whenLedgerFails ?? 'closed',
    journalFolder: options.journalFolder,
    onCutStream: options.onCutStream ?? 'delivered',
    noticeShares: options.noticeShares ?? [],
    onNotice: options.onNotice ?? (() => {}),
  }
  checkShare('downshiftAt', settings.downshiftAt)
  checkShare('contendedShare', settings.contendedShare)
  for (const share of settings.noticeShares) checkShare('noticeShares', share)
  checkWhole('defaultMaxOutputTokens', settings.defaultMaxOutputTokens, 1, 'tokens')
  checkWhole('minOutputTokens', settings.minOutputTokens, 1, 'tokens')
  checkWhole('waitForHoldsMs', settings.waitForHoldsMs, 0, 'milliseconds')
  checkWhole('leaseMs', settings.leaseMs, 1000, 'milliseconds')
  if (settings.onUnknownOutcome !== 'charge' && settings.onUnknownOutcome !== 'release') {
    throw new InvalidOptionError('onUnknownOutcome', settings.onUnknownOutcome, "'charge' or 'release'")
  }
  if (settings.onCutStream !== 'delivered' && settings.onCutStream !== 'charge') {
    throw new InvalidOptionError('onCutStream', settings.onCutStream, "'delivered' or 'charge'")
  }
  if (!FAILURE_RULES.includes(settings.whenLedgerFails)) {
    throw new InvalidOptionError('whenLedgerFails', settings.whenLedgerFails, `one of ${FAILURE_RULES.join(', ')}`)
  }
  if (settings.journalFolder !== undefined && (typeof settings.journalFolder !== 'string' || !settings.journalFolder)) {
    throw new InvalidOptionError('journalFolder', settings.journalFolder, 'the path of a folder')
  }
  return settings
}

export function checkLimit(name: string, limit: Limit): void {
  if (typeof limit === 'function') return
  if (typeof limit === 'object' && limit !== null) {
    for (const [id, usd] of Object.entries(limit)) checkUsd(`${name}['${id}']`, usd)
  } else checkUsd(name, limit)
}

export function checkUsd(name: string, usd: unknown): void {
  if (!(typeof usd === 'number' && usd >= 0 && usd <= 9_007_199)) {
    throw new InvalidOptionError(name, usd, 'an amount of US dollars from 0 to 9,007,199')
  }
}

function checkShare(name: string, share: number): void {
  if (!(share > 0 && share <= 1)) throw new InvalidOptionError(name, share, 'a share above 0, up to 1')
}

function checkWhole(name: string, value: number, min: number, unit: string): void {
  if (!(Number.isSafeInteger(value) && value >= min)) {
    throw new InvalidOptionError(name, value, `a whole number of ${unit} from ${min.toLocaleString('en')}`)
  }
}
