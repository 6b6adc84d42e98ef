import { andThen, type MaybePromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import type { TaskBudget } from '../task-budget.ts'
import { type Nanos, usdFromNanos, ZERO } from '../usd.ts'
import type { ReserveCall, WaitingPayer } from './calls.ts'
import { offerOf, offersFor, type PricedOffer } from './offers.ts'
import type { BudgetSettings } from './options.ts'
import type { TaskRefusal } from './refusal.ts'
import { OpenReservation, type ReservationOwner } from './reservation.ts'
import type { WaitingLines } from './waiting-line.ts'

export type TaskAdmission = OpenReservation | TaskRefusal

export type PurseParts = {
  readonly rateCard: RateCard
  readonly settings: BudgetSettings
  readonly lines: WaitingLines<TaskAdmission>
}

/** The budget of one task, as the layer around model calls asks it: the same offers as a tenant's, and no ledger. */
export class TaskPurse implements ReservationOwner {
  readonly rateCard: RateCard
  readonly settings: BudgetSettings
  readonly #budget: TaskBudget
  readonly #lines: WaitingLines<TaskAdmission>

  constructor(budget: TaskBudget, { rateCard, settings, lines }: PurseParts) {
    this.rateCard = rateCard
    this.settings = settings
    this.#budget = budget
    this.#lines = lines
  }

  reserve(call: ReserveCall): MaybePromise<TaskAdmission> {
    return this.#reserve(offersFor(call, this.settings, this.rateCard), call.model, call.signal)
  }

  /** The same for what costs so much, whatever it is. */
  reserveAmount({ signal }: WaitingPayer, amountNanos: Nanos): MaybePromise<TaskAdmission> {
    return this.#reserve([offerOf(amountNanos)], '', signal)
  }

  #reserve(
    offers: readonly PricedOffer[],
    model: string,
    signal: AbortSignal | undefined,
  ): MaybePromise<TaskAdmission> {
    const { waitForHoldsMs } = this.settings
    const admission = this.#admit(offers, model, waitForHoldsMs > 0)
    if (admission.granted || admission.reason !== 'held' || waitForHoldsMs === 0) return admission
    const line = this.#lines.lineFor(admission.scope)
    const waited = line.wait(async () => this.#admit(offers, model, true), waitForHoldsMs, signal)
    return andThen(waited, (waited) => waited ?? this.#admit(offers, model, false))
  }

  settle(hold: { readonly amountNanos: Nanos }, amountNanos: Nanos): void {
    this.#budget.settle(hold.amountNanos, amountNanos)
    if (this.#lines.size > 0) this.#lines.wakeAll()
  }

  /** It has no leases: what counts meanwhile is spent, and put right. */
  postpone(hold: { readonly amountNanos: Nanos }, countedNanos: Nanos): (amountNanos: Nanos) => void {
    this.settle(hold, countedNanos)
    return (amountNanos) => this.settle({ amountNanos: ZERO }, (amountNanos - countedNanos) as Nanos)
  }

  /** Settlements are done at once: there is nothing to wait for. */
  track(): void {}

  /** @param mayWait whether open holds that are in the way are a reason to refuse for now */
  #admit(offers: readonly PricedOffer[], model: string, mayWait: boolean): TaskAdmission {
    for (const offer of offers) {
      const left = this.#budget.tightest().leftNanos
      const { leavesNanos } = offer
      if (leavesNanos !== undefined && offer.amountNanos > 0 && left - offer.amountNanos < leavesNanos) continue
      if (offer.amountNanos > left && mayWait && this.#wouldGetMore(offer, left)) return this.#refusal(offer, 'held')
      const amountNanos = Math.min(offer.amountNanos, Math.max(left, offer.floorNanos)) as Nanos
      if (!this.#budget.hold(amountNanos)) continue
      const hold = { id: '', amountNanos, reservedAtMs: 0, accounts: [] }
      return new OpenReservation(this, { hold, leftNanos: this.#budget.tightest().leftNanos }, offer, model)
    }
    return this.#refusal(offers.at(-1)!)
  }

  /** Whether open calls may give back enough to be of use. */
  #wouldGetMore({ floorNanos }: PricedOffer, left: number): boolean {
    const unspent = unspentOf(this.#budget.tightest(unspentOf))
    return unspent > left && unspent >= floorNanos
  }

  #refusal(offer: PricedOffer, isHeld?: 'held'): TaskRefusal {
    const { floorNanos } = offer
    const refusing = this.#budget.tightest()
    const isInTheWay = isHeld !== undefined || this.#wouldGetMore(offer, refusing.leftNanos)
    return {
      granted: false,
      decision: 'block',
      reason: isInTheWay ? 'held' : reasonOf(refusing),
      scope: refusing.scope,
      neededUsd: usdFromNanos(floorNanos),
      leftUsd: usdFromNanos(Math.max(ZERO, refusing.leftNanos) as Nanos),
      spentUsd: usdFromNanos(refusing.spentNanos),
      heldUsd: usdFromNanos(refusing.heldNanos),
      limitUsd: usdFromNanos(refusing.limitNanos),
      resetsAt: undefined,
    }
  }
}

const unspentOf = ({ limitNanos, spentNanos }: TaskBudget): number => limitNanos - spentNanos

function reasonOf({ limitNanos, spentNanos }: TaskBudget): TaskRefusal['reason'] {
  if (limitNanos === 0) return 'zero'
  return spentNanos >= limitNanos ? 'spent' : 'does_not_fit'
}
