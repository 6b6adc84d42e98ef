import type { MaybePromise } from '../pipeline.ts'
import type { Usage } from '../usage.ts'
import type { Nanos, Usd } from '../usd.ts'

/** What the budget says of a call: go ahead with this model and this cap, or do not. */
export type Admission = Reservation | Refusal

/** Money held for one call. Exactly one end counts: whatever comes second changes nothing. */
export interface Reservation {
  readonly granted: true
  readonly decision: 'allow' | 'downshift'
  /** The model to ask: the cheaper one after a downshift. */
  readonly model: string
  /** The cap to ask for: lower than asked when the remainder buys less. */
  readonly maxOutputTokens: number
  /** The cap was cut to what the remainder buys. */
  readonly isClamped: boolean
  readonly heldUsd: Usd
  /** Turns the hold into what was used. */
  settle(usage: Usage): MaybePromise<void>
  /** The same for a cost that is known. */
  settleNanos(amount: Nanos): MaybePromise<void>
  /** A stream was left or cut, and this is what was delivered: by the rule `cutStream`. */
  settleDelivered(amount: Nanos): MaybePromise<void>
  /** Nothing was used. */
  release(): MaybePromise<void>
  /** Nobody can know what was used: by the rule `unknownOutcome`. */
  settleUnknown(): MaybePromise<void>
}

/**
 * - `spent`: the limit is reached
 * - `held`: open calls hold what the call needs, and may give it back
 * - `does_not_fit`: something is left, but less than the call needs
 * - `zero`: the limit is $0
 * - `not_listed`: the limits are by name, and have neither this name nor `'*'`
 */
export type RefusalReason = 'spent' | 'held' | 'does_not_fit' | 'zero' | 'not_listed'

export type Refusal = {
  readonly granted: false
  readonly decision: 'block'
  readonly reason: RefusalReason
  /** The account that refused: `tenant:contoso`. */
  readonly scope: string
  /** The least that the call could be held for, on the model that was tried last. */
  readonly neededUsd: Usd
  /** Of the limit, with what is spent and held taken off. */
  readonly leftUsd: Usd
  readonly spentUsd: Usd
  readonly heldUsd: Usd
  readonly limitUsd: Usd
  /** When the account starts again. */
  readonly resetsAt: Date
}
