import {
  type Check,
  type ChecksOf,
  checkOptions,
  either,
  type Filled,
  flag,
  func,
  listOf,
  mapOf,
  milliseconds,
  objectOf,
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
 * What one id of a scope may spend in a period, in US dollars: one amount for all, amounts by name (`'*'` for all others;
 * without it, an id that is not listed is refused), or a function that returns the amount.
 */
export type Limit = Usd | Readonly<Record<string, Usd>> | ((id: string, tenant: string) => Usd | Promise<Usd>)

/** A further account that must pay when the task or the reservation names an id for the scope. */
export type ScopeOptions = {
  /** A name of your choice, of up to 32 letters: `user`, `feature`, `organisation`. */
  readonly scope: string
  /** What one id of the scope may spend in a period, in US dollars. */
  readonly limitUsd: Limit
  /** The period after which its accounts reset. @default the budget's `period` */
  readonly period?: BudgetPeriod | undefined
  /** Whether each call must name an id for the scope; a call without one is refused. @default false */
  readonly required?: boolean | undefined
}

/** When calls go to a cheaper model, and to which. */
export type DownshiftOptions = {
  /** Once this share of the limit is spent, calls go to the cheaper model. Above 0, at most 1. @default 0.8 */
  readonly at?: number | undefined
  /**
   * Maps each model to a cheaper one: `{ 'gpt-5.4': 'gpt-5.4-mini', 'gpt-5.4-mini': 'gpt-5.4-nano' }`. If the budget
   * cannot pay for one model of such a chain, the next one is used. A call moves only to a model that costs less for
   * this call and that its endpoint can serve: an embedding does not move to a chat model, nor a call to another
   * maker's model. Each cheaper model must have a price.
   */
  readonly to: Readonly<Record<string, string>>
}

/** What tenants may spend, and the ledger that counts it. */
export type BudgetOptions = {
  /** What a tenant may spend in a period, in US dollars. */
  readonly limitUsd: Limit
  /** The period after which accounts reset. @default 'month' */
  readonly period?: BudgetPeriod | undefined
  /**
   * The time zone in which calendar periods start, as an IANA name (`Europe/Berlin`) or an offset (`+05:45`). Changing it
   * starts new accounts.
   *
   * @default 'UTC'
   */
  readonly timeZone?: string | undefined
  /** Moves calls to cheaper models before the limit is reached. @default no call is moved */
  readonly downshift?: DownshiftOptions | undefined
  /** Where money is counted. @default in the memory of this process */
  readonly ledger?: Ledger | undefined
  /** Accounts besides the tenant's. All of them must be able to pay a call. @default none */
  readonly scopes?: readonly ScopeOptions[] | undefined
  /** What models cost. @default the public prices */
  readonly rateCard?: RateCard | undefined
  /**
   * The output cap for requests without one, in tokens per answer.
   *
   * @default no cap while the documented maximum of the model fits besides eleven calls of 4,096 tokens, then 4,096
   */
  readonly defaultMaxOutputTokens?: number | undefined
  /** The smallest useful output cap, in tokens: a cap is never clamped below it. @default 64 */
  readonly minOutputTokens?: number | undefined
  /**
   * The largest share of the remaining budget that one call may hold while other calls are open, after it has waited for
   * them. Calls with large caps then share a budget, and get shorter answers. Above 0; 1 turns it off.
   *
   * @default 1
   */
  readonly contendedShare?: number | undefined
  /**
   * Milliseconds that a call blocked only by open holds waits for them, before it is clamped to what is left, moved to the
   * cheaper model, or refused. 0 does not wait.
   *
   * @default 2000
   */
  readonly waitForHoldsMs?: number | undefined
  /** Milliseconds after which a hold is resolved unless its process renews it. At least 1,000. @default 60_000 */
  readonly leaseMs?: number | undefined
  /**
   * How to account for a call whose cost cannot be determined, such as a call that was aborted before its answer came. Also
   * applies to aborted or cut streams of models with hidden reasoning.
   * - `estimate`: as much as this tenant's answered calls of the model; the whole hold until there is one
   * - `charge`: the whole hold
   * - `release`: nothing
   *
   * A call whose process died counts its whole hold, or nothing with `release`.
   *
   * @default 'estimate'
   */
  readonly unknownOutcome?: 'estimate' | LeaseEnd | undefined
  /**
   * How to account for an answer that was aborted or cut, or that cannot be read: `delivered` charges the part that was
   * delivered, `charge` the whole hold. A provider bills what it generated until it noticed the abort, which is a little
   * more than what arrived.
   *
   * @default 'delivered'
   */
  readonly cutStream?: 'delivered' | 'charge' | undefined
  /**
   * What happens while the ledger does not answer:
   * - `closed`: new calls are refused
   * - `open`: each process counts on its own from what it last knew, and settles with the ledger once that answers again
   *
   * @default 'closed'
   */
  readonly ledgerFailure?: 'closed' | 'open' | undefined
  /**
   * A folder for settlements that the ledger could not take, so that they survive the process. The processes of one machine
   * may share it.
   *
   * @default no folder: they are kept in memory
   */
  readonly journalFolder?: string | undefined
  /** Shares of a limit at which `onNotice` is called, each above 0 and at most 1. @default none */
  readonly noticeShares?: readonly number[] | undefined
  /** Called once per period for each of the `noticeShares` that an account crosses. @default no call */
  readonly onNotice?: ((notice: BudgetNotice) => void) | undefined
}

/** Says that an account has spent a share of its limit for the first time in a period. */
export type BudgetNotice = {
  /** `tenant:contoso`, or `user:ada` of that tenant. */
  readonly account: string
  readonly tenant: string
  /** Absent for the tenant's own account. */
  readonly scope?: AccountScope
  readonly period: Period
  readonly share: number
}

const limit: Check = {
  ...either(usd, mapOf(usd), func),
  accepts: 'an amount of US dollars from 0 to 9,007,199, an object of amounts by name, or a function that returns one',
  hint: (value) => (value === Number.POSITIVE_INFINITY ? 'For no limit, leave out what it is in.' : undefined),
}

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
  downshift: objectOf(DOWNSHIFT_OPTIONS),
  ledger: LEDGER,
  scopes: listOf(objectOf(SCOPE_OPTIONS)),
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

type WithoutDefault =
  | 'downshift'
  | 'ledger'
  | 'rateCard'
  | 'scopes'
  | 'journalFolder'
  | 'defaultMaxOutputTokens'
  | 'period'
  | 'timeZone'

export type BudgetSettings = Filled<Omit<BudgetOptions, WithoutDefault>> & {
  readonly downshift: Filled<DownshiftOptions>
  readonly defaultMaxOutputTokens: number | undefined
  readonly journalFolder: string | undefined
  /** Includes the time zone of the budget, like the periods of the scopes. */
  readonly period: Period
  readonly scopes: readonly ScopeSettings[]
}

export type ScopeSettings = Filled<Omit<ScopeOptions, 'period'>> & { readonly period: Period }

/**
 * Checks every option and fills in the defaults.
 *
 * @param path the path of the options in error messages: `budget` in `createLlmOps({ budget })`
 * @throws InvalidOptionError naming the option.
 */
export function readBudgetOptions(options: BudgetOptions, path = ''): BudgetSettings {
  checkOptions(options, BUDGET_OPTIONS, path)
  const { period = 'month', timeZone = 'UTC' } = options
  const scopes = (options.scopes ?? []).map((scope) => ({
    ...scope,
    required: scope.required ?? false,
    period: periodIn(timeZone, scope.period ?? period),
  }))
  checkUniqueScopes(scopes, path)
  return {
    limitUsd: options.limitUsd,
    period: periodIn(timeZone, period),
    scopes,
    downshift: { at: options.downshift?.at ?? 0.8, to: options.downshift?.to ?? {} },
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

/** `read` and `setLimit` name an account by its scope alone, so a scope must be unique. */
function checkUniqueScopes(scopes: readonly ScopeSettings[], path: string): void {
  const names = scopes.map(({ scope }) => scope)
  const index = names.findIndex((name, index) => names.indexOf(name) < index)
  if (index === -1) return
  const option = `${path && `${path}.`}scopes[${index}].scope`
  const hint = 'For a second period add a scope with another name, such as `user-day` besides `user`.'
  throw new InvalidOptionError(option, names[index], 'a scope that is listed once', hint)
}
