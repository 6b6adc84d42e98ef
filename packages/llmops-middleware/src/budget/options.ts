import {
  type ChecksOf,
  checkOptions,
  door,
  either,
  flag,
  func,
  listOf,
  mapOf,
  milliseconds,
  oneOf,
  required,
  share,
  text,
  usd,
  where,
  whole,
} from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import type { LeaseEnd, Ledger } from '../ledger/index.ts'
import { type BudgetPeriod, isTimeZone, LEDGER, PERIOD, type Period, periodIn } from '../ledger/index.ts'
import { RATE_CARD, type RateCard } from '../pricing/index.ts'
import type { Usd } from '../usd.ts'
import type { AccountScope } from './calls.ts'

/**
 * What one id of a scope may spend in a period, in US dollars: the same for all, by name (`'*'` for all others; without
 * it an unnamed one has no budget), or looked up.
 */
export type Limit = Usd | Readonly<Record<string, Usd>> | ((id: string, tenant: string) => Usd | Promise<Usd>)

/** One more account that must pay, when the task or the reservation names an id for the scope. */
export type ScopeOptions = {
  /** `user`, `feature`, `organisation`: a word of your own, of up to 32 letters. */
  readonly scope: string
  /** What one id of the scope may spend in a period, in US dollars. */
  readonly limitUsd: Limit
  /** How long one of its accounts counts before it starts again. @default that of the budget */
  readonly period?: BudgetPeriod
  /** Whether each call must name an id for it; one that names none is refused. @default false */
  readonly required?: boolean
}

/** When calls go to a cheaper model, and to which. */
export type DownshiftOptions = {
  /** Once this share of the limit is spent, calls go to the cheaper model. Above 0, at most 1. @default 0.8 */
  readonly at?: number
  /**
   * The cheaper model of each: `{ 'gpt-5.4': 'gpt-5.4-mini', 'gpt-5.4-mini': 'gpt-5.4-nano' }`. A model further down such
   * a chain is used where the ones before it cannot be paid. A call moves only to a model that costs less for it and that
   * its endpoint can answer it with: an embedding, or a call to another maker's API, stays where it is. Each cheaper
   * model must have a price.
   */
  readonly to: Readonly<Record<string, string>>
}

export type BudgetOptions = {
  /** What a tenant may spend in a period, in US dollars. */
  readonly limitUsd: Limit
  /** How long an account counts before it starts again. @default 'month' */
  readonly period?: BudgetPeriod
  /**
   * The time zone whose clocks begin the calendar periods, by its IANA name (`Europe/Berlin`) or offset (`+05:45`).
   * Changing it begins new accounts.
   *
   * @default 'UTC'
   */
  readonly timeZone?: string
  /** Moves calls to cheaper models before the limit is reached. @default no call is moved */
  readonly downshift?: DownshiftOptions
  /** Where money is counted. @default in the memory of this process */
  readonly ledger?: Ledger
  /** Accounts beside the tenant's. All must pay in the same step. @default none */
  readonly scopes?: readonly ScopeOptions[]
  /** What models cost. @default the public prices */
  readonly rateCard?: RateCard
  /**
   * The output cap that is written into each request that names none, in tokens of each answer.
   *
   * @default none is written while the documented maximum of the model fits beside eleven calls of 4,096 tokens, then 4,096
   */
  readonly defaultMaxOutputTokens?: number
  /** The least output that is of use, in tokens: a cap is never clamped below it. @default 64 */
  readonly minOutputTokens?: number
  /**
   * The most of the remainder that one call may hold while others are open, after it has waited for them: calls with
   * large caps then share a budget at the price of shorter answers. Above 0; 1 turns it off.
   *
   * @default 1
   */
  readonly contendedShare?: number
  /**
   * Milliseconds that a call waits for open holds that keep it from its whole cap, before it is clamped to what is there,
   * moved to the cheaper model, or refused. 0 does not wait.
   *
   * @default 2000
   */
  readonly waitForHoldsMs?: number
  /** Milliseconds after which a hold that its process does not renew is resolved. From 1,000. @default 60_000 */
  readonly leaseMs?: number
  /**
   * How to account for a call of which nothing tells what it cost, such as one that was left before its answer came, and for
   * streams that were left or cut, of models with hidden reasoning:
   * - `estimate`: like this tenant's answered calls of the model, and until there is one its whole hold
   * - `charge`: its whole hold
   * - `release`: nothing
   *
   * A call whose process died counts its whole hold, or nothing by `release`.
   *
   * @default 'estimate'
   */
  readonly unknownOutcome?: 'estimate' | LeaseEnd
  /**
   * How to account for an answer that was left or cut, or that cannot be read: charge what was delivered of it, or its whole
   * hold (`charge`). A provider bills what it generated until it noticed, which is a little more than what arrived.
   *
   * @default 'delivered'
   */
  readonly cutStream?: 'delivered' | 'charge'
  /**
   * What happens while the ledger does not answer:
   * - `closed`: new calls are refused
   * - `open`: each process counts for itself from what it last knew, and tells the ledger when it is back
   *
   * @default 'closed'
   */
  readonly ledgerFailure?: 'closed' | 'open'
  /**
   * A folder where settlements that the ledger could not take survive the process. The processes of one machine may share
   * it.
   *
   * @default none: they are kept in memory
   */
  readonly journalFolder?: string
  /** Shares of a limit whose first crossing in a period `onNotice` is told of, each above 0 and at most 1. @default none */
  readonly noticeShares?: readonly number[]
  /** Called once in a period for each of the `noticeShares` that an account crosses. @default nobody is told */
  readonly onNotice?: (notice: BudgetNotice) => void
}

/** An account has spent a share of its limit for the first time in a period. */
export type BudgetNotice = {
  /** `tenant:contoso`, or `user:ada` of that tenant. */
  readonly account: string
  readonly tenant: string
  /** Absent where it is the tenant's own account. */
  readonly scope?: AccountScope
  readonly period: Period
  readonly share: number
}

const limit = either(usd, mapOf(usd), func)

const SCOPE_OPTIONS: ChecksOf<ScopeOptions> = {
  scope: required(
    where(
      'a word of up to 32 letters other than `tenant`',
      (value) => typeof value === 'string' && /^[a-z][\w-]{0,31}$/i.test(value) && value !== 'tenant',
    ),
  ),
  limitUsd: required(limit),
  period: PERIOD,
  required: flag,
}

const DOWNSHIFT_OPTIONS: ChecksOf<DownshiftOptions> = { at: share, to: required(mapOf(text)) }

export const BUDGET_OPTIONS: ChecksOf<BudgetOptions> = {
  limitUsd: required(limit),
  period: PERIOD,
  timeZone: where('the name of a time zone, such as `Europe/Berlin`', isTimeZone),
  downshift: door(DOWNSHIFT_OPTIONS),
  ledger: LEDGER,
  scopes: listOf(door(SCOPE_OPTIONS)),
  rateCard: RATE_CARD,
  defaultMaxOutputTokens: whole(1, undefined, 'tokens'),
  minOutputTokens: whole(1, undefined, 'tokens'),
  contendedShare: share,
  waitForHoldsMs: milliseconds(0),
  leaseMs: whole(1000, undefined, 'milliseconds'),
  unknownOutcome: oneOf('estimate', 'charge', 'release'),
  cutStream: oneOf('delivered', 'charge'),
  ledgerFailure: oneOf('closed', 'open'),
  journalFolder: { ...text, accepts: 'the path of a folder' },
  noticeShares: listOf(share),
  onNotice: func,
}

type Unfilled =
  | 'downshift'
  | 'ledger'
  | 'rateCard'
  | 'scopes'
  | 'journalFolder'
  | 'defaultMaxOutputTokens'
  | 'period'
  | 'timeZone'

export type BudgetSettings = Required<Omit<BudgetOptions, Unfilled>> & {
  readonly downshift: Required<DownshiftOptions>
  readonly defaultMaxOutputTokens: number | undefined
  readonly journalFolder: string | undefined
  /** In the zone of the budget, as those of the scopes are. */
  readonly period: Period
  readonly scopes: readonly ScopeSettings[]
}

export type ScopeSettings = Required<Omit<ScopeOptions, 'period'>> & { readonly period: Period }

/**
 * Checks every option and fills in the defaults.
 *
 * @param path where its user wrote the options: `budget` in `createLlmOps({ budget })`
 * @throws InvalidOptionError naming the option.
 */
export function readBudgetOptions(options: BudgetOptions, path = ''): BudgetSettings {
  checkOptions(options, BUDGET_OPTIONS, path)
  const { period = 'month', timeZone = 'UTC' } = options
  const scopes = (options.scopes ?? []).map((scope) => ({
    required: false,
    ...scope,
    period: periodIn(timeZone, scope.period ?? period),
  }))
  checkTwice(scopes, path)
  return {
    limitUsd: options.limitUsd,
    period: periodIn(timeZone, period),
    scopes,
    downshift: { at: 0.8, to: {}, ...options.downshift },
    defaultMaxOutputTokens: options.defaultMaxOutputTokens,
    minOutputTokens: options.minOutputTokens ?? 64,
    contendedShare: options.contendedShare ?? 1,
    waitForHoldsMs: options.waitForHoldsMs ?? 2000,
    leaseMs: options.leaseMs ?? 60_000,
    unknownOutcome: options.unknownOutcome ?? 'estimate',
    ledgerFailure: options.ledgerFailure ?? 'closed',
    journalFolder: options.journalFolder,
    cutStream: options.cutStream ?? 'delivered',
    noticeShares: options.noticeShares ?? [],
    onNotice: options.onNotice ?? (() => {}),
  }
}

/** What is read, set or named for a scope is of one account. */
function checkTwice(scopes: readonly ScopeSettings[], path: string): void {
  const names = scopes.map(({ scope }) => scope)
  const index = names.findIndex((name, index) => names.indexOf(name) < index)
  if (index === -1) return
  const option = `${path && `${path}.`}scopes[${index}].scope`
  const hint = 'Give the other period a scope of its own, as `user-day` beside `user`.'
  throw new InvalidOptionError(option, names[index], 'a scope that is listed once', hint)
}
