import type { Hold } from '../ledger/index.ts'
import type { Completion } from '../model/index.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import type { Usage } from '../usage.ts'
import { type Nanos, type Usd, usdFromNanos, ZERO } from '../usd.ts'
import { capFor, type PricedOffer } from './offers.ts'
import type { BudgetSettings } from './options.ts'
import type { Refusal } from './refusal.ts'

/** The result of `budget.reserve`: a reservation with the model and the cap to use, or a refusal. */
export type Admission = Reservation | Refusal

/** Money held for one call. Only the first call of a method that ends it counts; later calls change nothing. */
export interface Reservation {
  /** Always true. */
  readonly granted: true
  /** Whether the call keeps its model, or moves to a cheaper one. */
  readonly decision: 'allow' | 'downshift'
  /** The model to call: the cheaper one after a downshift. */
  readonly model: string
  /**
   * The output tokens that are held for, which is the cap to set in the request. It is lower than the requested cap when
   * the remaining budget buys less. If the call has no cap and `isClamped` is false, it is the model's maximum output, and
   * the request needs no cap.
   */
  readonly maxOutputTokens: number
  /** Whether the cap was lowered to what the remaining budget buys, or was set by the budget for a call without a cap. */
  readonly isClamped: boolean
  /** What is held for the call, in US dollars. */
  readonly heldUsd: Usd
  /** Settles the hold with the cost of what was used. */
  settle(usage: Usage): Promise<void>
  /** Settles the hold with a known cost. */
  settleNanos(amount: Nanos): Promise<void>
  /** Settles an aborted or cut stream by the rule `cutStream`. `amount` is the cost of what was delivered. */
  settleDelivered(amount: Nanos): Promise<void>
  /** Releases the hold: nothing was used. */
  release(): Promise<void>
  /** Settles a call whose cost cannot be determined, by the rule `unknownOutcome`. */
  settleUnknown(): Promise<void>
}

export type OpenAdmission = OpenReservation | Refusal

/** The parts of a budget that its reservations use. */
export interface ReservationOwner {
  readonly rateCard: RateCard
  readonly settings: Pick<BudgetSettings, 'cutStream' | 'unknownOutcome'>
  /** @param unknownNanos the part of the amount that is not known */
  settle(hold: Hold, amountNanos: Nanos, unknownNanos: Nanos): MaybePromise<void>
  /**
   * Postpones the settlement of a hold whose cost is not known yet; `countedNanos` counts until then. Returns the function
   * that settles it, or undefined if it must be settled now.
   */
  postpone(hold: Hold, countedNanos: Nanos): ((amountNanos: Nanos) => MaybePromise<void>) | undefined
}

/** A granted hold, and what the account with the least money has left besides it. */
export type Held = { readonly hold: Hold; readonly leftNanos: number }

export class OpenReservation implements Reservation {
  readonly granted = true
  readonly decision: Reservation['decision']
  readonly model: string
  readonly maxOutputTokens: number
  readonly isClamped: boolean
  /** What the account with the least money had left before this hold. */
  readonly leftNanos: number
  /** The cap to write into the request; undefined for none. */
  readonly writtenTokens: number | undefined
  readonly #owner: ReservationOwner
  readonly #hold: Hold
  #isEnded = false

  constructor(owner: ReservationOwner, held: Held, offer: PricedOffer, askedModel: string) {
    const { hold, leftNanos } = held
    this.leftNanos = leftNanos + hold.amountNanos
    this.#owner = owner
    this.#hold = hold
    this.model = offer.model
    this.decision = offer.model === askedModel ? 'allow' : 'downshift'
    this.maxOutputTokens = capFor(offer, hold.amountNanos, owner.rateCard)
    const isCut = this.maxOutputTokens < offer.maxOutputTokens
    this.isClamped = isCut || offer.cap === 'fallback'
    this.writtenTokens = offer.cap === 'open' && !isCut ? undefined : this.maxOutputTokens
  }

  get heldUsd(): Usd {
    return usdFromNanos(this.#hold.amountNanos)
  }

  /** The charge for this call if its cost cannot be determined. */
  get unknownNanos(): Nanos {
    return this.#owner.settings.unknownOutcome === 'release' ? ZERO : this.#hold.amountNanos
  }

  /** Returns the charge for an aborted or cut stream of which `amountNanos` were delivered. */
  deliveredNanos(amountNanos: Nanos): Nanos {
    const { amountNanos: heldNanos } = this.#hold
    return this.#owner.settings.cutStream === 'charge' && heldNanos > amountNanos ? heldNanos : amountNanos
  }

  /** Returns the completion with what it is charged, by the rules for unknown costs. */
  chargedFor(completion: Completion): Completion {
    const { usageSource, costNanos, unknownNanos = ZERO } = completion
    if (usageSource === 'reported') return completion
    const charged = usageSource === 'unknown' ? this.#unknownChargeNanos(completion) : this.#estimatedNanos(completion)
    const known = Math.min(costNanos - unknownNanos, charged)
    return { ...completion, costNanos: charged, unknownNanos: (charged - known) as Nanos, isCharged: true }
  }

  /** An estimate is limited to the hold, which bounds the bill, except for the part that the provider reported itself. */
  #estimatedNanos({ status, costNanos, unknownNanos = ZERO }: Completion): Nanos {
    const mostNanos = Math.max(this.#hold.amountNanos, costNanos - unknownNanos)
    const estimate = Math.min(costNanos, mostNanos) as Nanos
    // An error is no answer that was cut.
    return status === 'failed' ? estimate : this.deliveredNanos(estimate)
  }

  #unknownChargeNanos({ costNanos, isLikened }: Completion): Nanos {
    const { unknownNanos } = this
    const isEstimate = isLikened && this.#owner.settings.unknownOutcome === 'estimate'
    return isEstimate && costNanos < unknownNanos ? costNanos : unknownNanos
  }

  /** Settles the hold. Synchronous where the ledger is. */
  end(amountNanos: Nanos, unknownNanos = ZERO): MaybePromise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    return this.#owner.settle(this.#hold, amountNanos, unknownNanos)
  }

  /** See `ReservationOwner.postpone`. Returns undefined also if the reservation has ended. */
  postpone(countedNanos: Nanos): ((amountNanos: Nanos) => MaybePromise<void>) | undefined {
    if (this.#isEnded) return undefined
    const settleLate = this.#owner.postpone(this.#hold, countedNanos)
    if (settleLate) this.#isEnded = true
    return settleLate
  }

  async settle(usage: Usage): Promise<void> {
    await this.end(this.#owner.rateCard.costNanos(this.model, usage))
  }

  async settleNanos(amountNanos: Nanos): Promise<void> {
    await this.end(amountNanos)
  }

  async settleDelivered(amountNanos: Nanos): Promise<void> {
    const chargedNanos = this.deliveredNanos(amountNanos)
    await this.end(chargedNanos, chargedNanos)
  }

  async settleUnknown(): Promise<void> {
    await this.end(this.unknownNanos, this.unknownNanos)
  }

  async release(): Promise<void> {
    await this.end(ZERO)
  }
}
