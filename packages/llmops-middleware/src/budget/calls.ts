import { abortSignal, type ChecksOf, door, flag, func, number, oneOf, required, text, usd, whole } from '../check.ts'
import { PAYER, type Payer } from '../payer.ts'
import { BILLING_TERMS } from '../pricing/index.ts'
import type { Usd } from '../usd.ts'
import type { CallSize } from './offers.ts'

/** Who pays, and until when it is waited for what they have. */
export type WaitingPayer = Payer & {
  /** Ends the wait for open holds. @default the wait ends by itself */
  readonly signal?: AbortSignal | undefined
}

/** What `budget.reserve` takes: who pays, and the most that the call can use. */
export type ReserveCall = WaitingPayer & CallSize

/** An account beside the tenant's own. */
export type AccountScope = {
  /** One of the budget's `scopes`. */
  readonly name: string
  /** Who or what it is in that scope: `ada` of `user`. */
  readonly id: string
}

/** What `budget.charge` takes: who pays, and for what. */
export type Charge = Payer & {
  /** What was spent, in US dollars. */
  readonly usd: Usd
  /** For what, in a word or two: it stands where the model stands in `agent.cost.usd`. */
  readonly reason: string
}

/** What `budget.setLimit` takes. */
export type LimitOverride = {
  /** Whose limit it is, of the tenant itself or of what `scope` names. */
  readonly tenant: string
  /** Another scope than the tenant's: its name and id. @default the tenant's own */
  readonly scope?: AccountScope | undefined
  /** In US dollars; undefined goes back to the configured limit. */
  readonly limitUsd: Usd | undefined
  /** How long it holds: for the current period, or from now on. @default 'period' */
  readonly lasts?: 'period' | 'always' | undefined
}

/** What a request or your own `countTokens` says; what is held for it is whole. */
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
  terms: door(BILLING_TERMS),
  isServedToo: func,
  signal: abortSignal,
}

export const ACCOUNT_SCOPE: ChecksOf<AccountScope> = { name: required(text), id: PAYER.tenant }

export const CHARGE: ChecksOf<Charge> = { ...PAYER, usd: required(usd), reason: required(text) }

export const LIMIT_OVERRIDE: ChecksOf<LimitOverride> = {
  tenant: PAYER.tenant,
  scope: door(ACCOUNT_SCOPE),
  limitUsd: usd,
  lasts: oneOf('period', 'always'),
}
