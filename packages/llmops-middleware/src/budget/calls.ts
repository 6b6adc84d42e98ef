import {
  abortSignal,
  type ChecksOf,
  flag,
  func,
  number,
  objectOf,
  oneOf,
  required,
  text,
  usd,
  whole,
} from '../check.ts'
import { PAYER, type Payer } from '../payer.ts'
import { BILLING_TERMS } from '../pricing/index.ts'
import type { Usd } from '../usd.ts'
import type { CallSize } from './offers.ts'

/** Who pays, with the signal that ends the wait for open holds. */
export type WaitingPayer = Payer & {
  /** Ends the wait for open holds. @default the wait ends after `waitForHoldsMs` */
  readonly signal?: AbortSignal | undefined
}

/** The argument of `budget.reserve`: who pays, and the most that the call can use. */
export type ReserveCall = WaitingPayer & CallSize

/** Names an account of a tenant other than the tenant's own. */
export type AccountScope = {
  /** One of the budget's `scopes`. */
  readonly name: string
  /** The id within that scope: `ada` in `user`. */
  readonly id: string
}

/** The argument of `budget.charge`: who pays, how much, and for what. */
export type Charge = Payer & {
  /** What was spent, in US dollars. */
  readonly usd: Usd
  /** What the money was spent on, in a word or two. It becomes the attribute `model` of `agent.cost.usd`. */
  readonly reason: string
}

/** The argument of `budget.setLimit`. */
export type LimitOverride = {
  /** The tenant whose limit, or whose scope's limit, is changed. */
  readonly tenant: string
  /** The account within the tenant. @default the tenant's own account */
  readonly scope?: AccountScope | undefined
  /** The new limit in US dollars; undefined restores the configured limit. */
  readonly limitUsd: Usd | undefined
  /** How long the new limit applies: for the current period, or from now on. @default 'period' */
  readonly lasts?: 'period' | 'always' | undefined
}

/** A fraction is accepted, because a user's own `countTokens` may return one; the hold is rounded to whole nano-USD. */
const tokens = { ...number(0), accepts: 'a number of tokens from 0' }

export const RESERVE_CALL: ChecksOf<ReserveCall> = {
  ...PAYER,
  model: required(text),
  inputTokens: required(tokens),
  inputTokensOn: func,
  maxOutputTokens: tokens,
  takesNoCap: flag,
  answers: whole(1, undefined, 'answers'),
  thinkingTokens: tokens,
  terms: objectOf(BILLING_TERMS),
  isServedToo: func,
  signal: abortSignal,
}

export const ACCOUNT_SCOPE: ChecksOf<AccountScope> = { name: required(text), id: PAYER.tenant }

export const CHARGE: ChecksOf<Charge> = { ...PAYER, usd: required(usd), reason: required(text) }

export const LIMIT_OVERRIDE: ChecksOf<LimitOverride> = {
  tenant: PAYER.tenant,
  scope: objectOf(ACCOUNT_SCOPE),
  limitUsd: usd,
  lasts: oneOf('period', 'always'),
}
