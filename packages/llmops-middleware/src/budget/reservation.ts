import type { Hold } from '../ledger/index.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import type { Usage } from '../usage.ts'
import { type Nanos, type Usd, usdFromNanos, ZERO } from '../usd.ts'
import type { Reservation } from './admission.ts'

/** What a reservation needs of the breaker that made it. */
export interface ReservationOwner {
  readonly rateCard: RateCard
  /** What a hold comes to whose cost nobody can know. */
  unknownNanos(hold: Hold): Nanos
  /** What a stream comes to that was left or cut. */
  deliveredNanos(hold: Hold, amountNanos: Nanos): Nanos
  end(reservation: OpenReservation, amountNanos: Nanos): MaybePromise<void>
}

export class OpenReservation implements Reservation {
  readonly granted = true
  readonly decision: Reservation['decision']
  readonly model: string
  readonly maxOutputTokens: number
  readonly isClamped: boolean
  readonly hold: Hold
  readonly #owner: ReservationOwner
  #isEnded = false

  constructor(
    owner: ReservationOwner,
    hold: Hold,
    decision: Reservation['decision'],
    facts: { model: string; maxOutputTokens: number; isClamped: boolean },
  ) {
    this.#owner = owner
    this.hold = hold
    this.decision = decision
    this.model = facts.model
    this.maxOutputTokens = facts.maxOutputTokens
    this.isClamped = facts.isClamped
  }

  get heldUsd(): Usd {
    return usdFromNanos(this.hold.amountNanos)
  }

  settle(usage: Usage): MaybePromise<void> {
    return this.settleNanos(this.#owner.rateCard.costNanos(this.model, usage))
  }

  settleNanos(amountNanos: Nanos): MaybePromise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    return this.#owner.end(this, amountNanos)
  }

  settleDelivered(amountNanos: Nanos): MaybePromise<void> {
    return this.settleNanos(this.#owner.deliveredNanos(this.hold, amountNanos))
  }

  release(): MaybePromise<void> {
    return this.settleNanos(ZERO)
  }

  settleUnknown(): MaybePromise<void> {
    return this.settleNanos(this.#owner.unknownNanos(this.hold))
  }
}
