import type { Hold } from '../ledger/index.ts'
import type { Completion } from '../model/index.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import type { Usage } from '../usage.ts'
import { type Nanos, type Usd, usdFromNanos, ZERO } from '../usd.ts'
import { capFor, type PricedOffer } from './offers.ts'
import type { BudgetSettings } from './options.ts'
import type { Refusal } from './refusal.ts'

/** What the budget says of a call: go ahead with this model and this cap, or do not. */
export type Admission = Reservation | Refusal

/** Money held for one call. Exactly one end counts: whatever comes second changes nothing. */
export interface Reservation {
  readonly granted: true
  readonly decision: 'allow' | 'downshift'
  /** The model to ask: the cheaper one after a downshift. */
  readonly model: string
  /**
   * The output that is held for: the cap to ask for, lower than asked when the remainder buys less. Where the call names no
   * cap and `isClamped` is false, it is as long as the model can answer, and no cap is needed.
   */
  readonly maxOutputTokens: number
  /** The cap was cut to what the remainder buys, or is one of the budget's own for a call that names none. */
  readonly isClamped: boolean
  readonly heldUsd: Usd
  /** Turns the hold into what was used. */
  settle(usage: Usage): Promise<void>
  /** The same for a cost that is known. */
  settleNanos(amount: Nanos): Promise<void>
  /** A stream was left or cut, and this is what was delivered: by the rule `cutStream`. */
  settleDelivered(amount: Nanos): Promise<void>
  /** Nothing was used. */
  release(): Promise<void>
  /** Nobody can know what was used: by the rule `unknownOutcome`. */
  settleUnknown(): Promise<void>
}

export type OpenAdmission = OpenReservation | Refusal

/** What a reservation needs of the budget that made it. */
export interface ReservationOwner {
  readonly rateCard: RateCard
  readonly settings: Pick<BudgetSettings, 'cutStream' | 'unknownOutcome'>
  /** `unknownNanos` is the part of the amount that nobody knows. */
  settle(hold: Hold, amountNanos: Nanos, unknownNanos: Nanos): MaybePromise<void>
  /**
   * Nobody knows yet what it cost, and `countedNanos` counts for it meanwhile. Gives what settles it once that is known;
   * undefined where that must be now.
   */
  postpone(hold: Hold, countedNanos: Nanos): ((amountNanos: Nanos) => MaybePromise<void>) | undefined
}

/** What was granted, and what the tightest of its accounts has left beside it. */
export type Held = { readonly hold: Hold; readonly leftNanos: number }

export class OpenReservation implements Reservation {
  readonly granted = true
  readonly decision: Reservation['decision']
  readonly model: string
  readonly maxOutputTokens: number
  readonly isClamped: boolean
  /** What the tightest of its accounts had left without it. */
  readonly leftNanos: number
  /** The cap that the request is to have; undefined for none. */
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

  /** What a call counts whose cost nobody can know. */
  get unknownNanos(): Nanos {
    return this.#owner.settings.unknownOutcome === 'release' ? ZERO : this.#hold.amountNanos
  }

  /** What a stream counts that was left or cut after `amountNanos` were delivered. */
  deliveredNanos(amountNanos: Nanos): Nanos {
    const { amountNanos: heldNanos } = this.#hold
    return this.#owner.settings.cutStream === 'charge' && heldNanos > amountNanos ? heldNanos : amountNanos
  }

  /** What is charged for an attempt that ended so, by the rules for what nobody knows. */
  chargedFor(completion: Completion): Completion {
    const { usageSource, costNanos, unknownNanos = ZERO } = completion
    if (usageSource === 'reported') return completion
    const charged = usageSource === 'unknown' ? this.#guessedNanos(completion) : this.#estimatedNanos(completion)
    const known = Math.min(costNanos - unknownNanos, charged)
    return { ...completion, costNanos: charged, unknownNanos: (charged - known) as Nanos, isCharged: true }
  }

  /** The hold is a bound of what can be billed, save of what the provider says itself. */
  #estimatedNanos({ costNanos, unknownNanos = ZERO }: Completion): Nanos {
    const mostNanos = Math.max(this.#hold.amountNanos, costNanos - unknownNanos)
    return this.deliveredNanos(Math.min(costNanos, mostNanos) as Nanos)
  }

  #guessedNanos({ costNanos, isLikened }: Completion): Nanos {
    const { unknownNanos } = this
    const isGuess = isLikened && this.#owner.settings.unknownOutcome === 'estimate'
    return isGuess && costNanos < unknownNanos ? costNanos : unknownNanos
  }

  /** Turns the hold into what was used: at once, where the ledger answers at once. */
  end(amountNanos: Nanos, unknownNanos = ZERO): MaybePromise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    return this.#owner.settle(this.#hold, amountNanos, unknownNanos)
  }

  /** What was used is told later, if ever. Undefined when it has ended, or must end now. */
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
