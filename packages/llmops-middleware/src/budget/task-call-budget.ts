import { andThen, type MaybePromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import type { TaskBudget } from '../task-budget.ts'
import { type Nanos, usdFromNanos, ZERO } from '../usd.ts'
import type { ReserveCall, WaitingPayer } from './calls.ts'
import { offerOf, offersFor, type PricedOffer } from './offers.ts'
import type { BudgetSettings } from './options.ts'
import type { TaskRefusal } from './refusal.ts'
import { OpenReservation, type ReservationOwner } from './reservation.ts'
import type { WaitQueues } from './wait-queue.ts'

export type TaskAdmission = OpenReservation | TaskRefusal

export type TaskBudgetParts = {
  readonly rateCard: RateCard
  readonly settings: BudgetSettings
  readonly queues: WaitQueues<TaskAdmission>
}

/** The budget of one task, for the layer around model calls. Makes the same offers as a tenant's budget, without a ledger. */
export class TaskCallBudget implements ReservationOwner {
  readonly rateCard: RateCard
  readonly settings: BudgetSettings
  readonly #budget: TaskBudget
  readonly #queues: WaitQueues<TaskAdmission>

  constructor(budget: TaskBudget, { rateCard, settings, queues }: TaskBudgetParts) {
    this.rateCard = rateCard
    this.settings = settings
    this.#budget = budget
    this.#queues = queues
  }

  reserve(call: ReserveCall): MaybePromise<TaskAdmission> {
    return this.#reserve(offersFor(call, this.settings, this.rateCard), call.model, call.signal)
  }

  /** Reserves a fixed amount, such as the cost of a tool. */
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
    const queue = this.#queues.queueFor(admission.scope)
    const waited = queue.wait(async () => this.#admit(offers, model, true), waitForHoldsMs, signal)
    return andThen(waited, (waited) => waited ?? this.#admit(offers, model, false))
  }

  settle(hold: { readonly amountNanos: Nanos }, amountNanos: Nanos): void {
    this.#budget.settle(hold.amountNanos, amountNanos)
    if (this.#queues.size > 0) this.#queues.wakeAll()
  }

  /** A task has no leases: `countedNanos` are settled now, and corrected later. */
  postpone(hold: { readonly amountNanos: Nanos }, countedNanos: Nanos): (amountNanos: Nanos) => void {
    this.settle(hold, countedNanos)
    return (amountNanos) => this.settle({ amountNanos: ZERO }, (amountNanos - countedNanos) as Nanos)
  }

  /** Settlements are synchronous, so there is nothing to wait for. */
  track(): void {}

  /** @param mayWait whether to refuse as `held`, rather than clamp, where the call could wait for open holds */
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

  /** Whether open calls may release enough for the offer. */
  #wouldGetMore({ floorNanos }: PricedOffer, left: number): boolean {
    const unspent = unspentOf(this.#budget.tightest(unspentOf))
    return unspent > left && unspent >= floorNanos
  }

  #refusal(offer: PricedOffer, isHeld?: 'held'): TaskRefusal {
    const { floorNanos } = offer
    const refusing = this.#budget.tightest()
    const isBlockedByHolds = isHeld !== undefined || this.#wouldGetMore(offer, refusing.leftNanos)
    return {
      granted: false,
      decision: 'block',
      reason: isBlockedByHolds ? 'held' : reasonOf(refusing),
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
