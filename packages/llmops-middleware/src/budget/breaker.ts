import { randomBytes } from 'node:crypto'
import { checkOptions, checkValue } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import type {
  AccountState,
  Claim,
  Hold,
  Ledger,
  Offer,
  ReserveResult,
  SettleResult,
  WhenHeld,
} from '../ledger/index.ts'
import { LeaseKeeper, memoryLedger } from '../ledger/index.ts'
import { PAYER, type Payer } from '../payer.ts'
import { andThen, isPromise, type MaybePromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import { createRateCard } from '../pricing/index.ts'
import type { Repeat } from '../repeat.ts'
import { type Nanos, nanosFromUsd, type Usd, usdFromNanos, ZERO } from '../usd.ts'
import { Accounts, accountName } from './accounts.ts'
import type { Admission } from './admission.ts'
import { LIMIT_OVERRIDE, type LimitOverride, RESERVE_CALL, type ReserveCall } from './calls.ts'
import { checkDownshifts } from './downshift.ts'
import { governLedger } from './govern-ledger.ts'
import { explainGuarantee } from './guarantee.ts'
import { capFor, offersFor, type PricedOffer } from './offers.ts'
import { type BudgetOptions, type BudgetSettings, readBudgetOptions } from './options.ts'
import { refusalOf } from './refusal.ts'
import { OpenReservation, type ReservationOwner } from './reservation.ts'
import { WaitingLines } from './waiting-line.ts'

export type BudgetDecision = 'allow' | 'downshift' | 'block'

export type BudgetState = {
  readonly spentUsd: Usd
  readonly heldUsd: Usd
  readonly limitUsd: Usd
  readonly resetsAt: Date
}

/** What is not the application's to say. */
type BudgetParts = {
  /** The timer of renewals, for tests. */
  readonly repeat?: Repeat
  /** Where the options were written: `budget` in `createLlmOps({ budget })`. */
  readonly path?: string
}

/**
 * Decides before a call whether it may be made: its worst case is held before anything is spent, and settled to the
 * truth after. With the hold counted, spend never passes the limit, however many calls and processes share it.
 *
 * @example
 * const budget = new BudgetBreaker({ limitUsd: 50, period: 'month', downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } })
 * const call = await budget.reserve({ tenant: 'contoso', model: 'gpt-4o', inputTokens: 900, maxOutputTokens: 500 })
 * if (call.granted) await call.settle({ inputTokens: 850, outputTokens: 120 })
 * else console.log(`Blocked until ${call.resetsAt}`)
 */
export class BudgetBreaker {
  readonly rateCard: RateCard
  readonly #settings: BudgetSettings
  readonly #accounts: Accounts
  readonly #ledger: Ledger
  readonly #leases: LeaseKeeper
  readonly #owner: ReservationOwner
  readonly #lines = new WaitingLines()
  /** 72 random bits: no two processes share them. */
  readonly #idPrefix = randomBytes(9).toString('base64url')
  #count = 0
  /** Settlements under way, which nobody waits for but `drain`. */
  readonly #settling = new Set<Promise<unknown>>()

  /** @throws InvalidOptionError naming the option that cannot be used. */
  constructor(options: BudgetOptions, { repeat, path = '' }: BudgetParts = {}) {
    this.#settings = readBudgetOptions(options, path)
    this.#accounts = new Accounts(this.#settings)
    this.rateCard = options.rateCard ?? createRateCard()
    const onSettled = (result: SettleResult) => this.#settled(result)
    this.#ledger = governLedger(options.ledger ?? memoryLedger(), this.#settings, { onSettled, repeat })
    const { downshift, leaseMs, unknownOutcome, cutStream } = this.#settings
    this.#leases = new LeaseKeeper(this.#ledger, leaseMs, repeat)
    this.#owner = {
      rateCard: this.rateCard,
      unknownNanos: ({ amountNanos }) => (unknownOutcome === 'charge' ? amountNanos : ZERO),
      deliveredNanos: ({ amountNanos }, delivered) =>
        cutStream === 'charge' && amountNanos > delivered ? amountNanos : delivered,
      end: ({ hold }, amountNanos) => this.#settle(hold, amountNanos),
    }
    checkDownshifts(downshift.to, this.rateCard, path === '' ? 'downshift.to' : `${path}.downshift.to`)
  }

  /** The names of the scopes that a payer can have beside the tenant. */
  get scopes(): readonly string[] {
    return this.#accounts.scopes
  }

  /** What a tenant's next call would meet, holding nothing. */
  evaluate(tenant: string): MaybePromise<BudgetDecision> {
    return andThen(this.#state({ tenant }), ({ spentNanos, limitNanos }) => {
      if (spentNanos >= limitNanos) return 'block'
      return spentNanos >= this.#settings.downshift.at * limitNanos ? 'downshift' : 'allow'
    })
  }

  read(tenant: string): MaybePromise<BudgetState> {
    return andThen(this.#state({ tenant }), (state) => ({
      spentUsd: usdFromNanos(state.spentNanos),
      heldUsd: usdFromNanos(state.heldNanos),
      limitUsd: usdFromNanos(state.limitNanos),
      resetsAt: new Date(state.resetsAtMs),
    }))
  }

  /**
   * Holds the worst case of a call, clamped to what is left if need be, or says why not. Waits a little where only the
   * open holds of other calls are in the way.
   *
   * @throws InvalidOptionError for a scope that the budget does not know: it would have no limit.
   * @throws UnknownModelPriceError for a model without a price, by the rate card's rule.
   * @throws LedgerUnavailableError when the ledger does not answer: nothing is spent that nobody counts.
   */
  reserve(call: ReserveCall): MaybePromise<Admission> {
    checkOptions(call, RESERVE_CALL)
    const offers = offersFor(call, this.#settings, this.rateCard)
    const claims = this.#accounts.claimsOf(call)
    return isPromise(claims)
      ? claims.then((claims) => this.#reserveOrWait(call, claims, offers))
      : this.#reserveOrWait(call, claims, offers)
  }

  /** Changes a limit while the system runs; every process on the ledger sees it with its next call. */
  setLimit(override: LimitOverride): MaybePromise<void> {
    checkOptions(override, LIMIT_OVERRIDE)
    const { tenant, scope, limitUsd, lasts = 'period' } = override
    const settings = this.#settings.scopes.find((known) => known.scope === scope?.name)
    if (scope && !settings) {
      throw new InvalidOptionError('scope.name', scope.name, 'one of the scopes that the budget was made with')
    }
    return this.#ledger.setLimit({
      account: scope ? accountName(scope.name, scope.id) : accountName('tenant', tenant),
      period: settings?.period ?? this.#settings.period,
      limitNanos: limitUsd === undefined ? undefined : nanosFromUsd(limitUsd, 'limitUsd'),
      lasts,
    })
  }

  /** What holds now, in words and numbers. */
  explainGuarantee(): string {
    return explainGuarantee(this.#settings, this.#ledger.bound?.())
  }

  /** Waits until every settlement has reached the ledger. */
  async drain(): Promise<void> {
    while (this.#settling.size > 0) await Promise.all(this.#settling)
  }

  /** Settles what is under way and closes the ledger. */
  async close(): Promise<void> {
    await this.drain()
    this.#leases.close()
    await this.#ledger.close()
  }

  /** Lets a settlement run on its own; `drain` waits for it. A ledger that fails leaves the hold to its lease. */
  track(settlement: MaybePromise<unknown>): void {
    if (!(settlement instanceof Promise)) return
    const tracked = settlement
      .catch(() => {})
      .finally(() => {
        this.#settling.delete(tracked)
      })
    this.#settling.add(tracked)
  }

  #state(payer: Payer): MaybePromise<AccountState> {
    checkValue(payer.tenant, PAYER.tenant, 'tenant')
    return andThen(this.#accounts.claimsOf(payer), (claims) =>
      andThen(this.#ledger.read(claims.slice(0, 1)), ([state]) => state!),
    )
  }

  // A ledger that answers at once is answered at once: no promise and no closure on that path.
  #reserveOrWait(call: ReserveCall, claims: readonly Claim[], offers: readonly PricedOffer[]): MaybePromise<Admission> {
    const admission = this.#reserveOnce(call, claims, offers, this.#settings.waitForHoldsMs > 0 ? 'wait' : 'clamp')
    return isPromise(admission)
      ? admission.then((admission) => this.#orWait(admission, call, claims, offers))
      : this.#orWait(admission, call, claims, offers)
  }

  /** Waits for what open holds give back; a call that waited in vain makes do with what is there. */
  #orWait(
    admission: Admission,
    call: ReserveCall,
    claims: readonly Claim[],
    offers: readonly PricedOffer[],
  ): MaybePromise<Admission> {
    const { waitForHoldsMs } = this.#settings
    if (admission.granted || admission.reason !== 'held' || waitForHoldsMs === 0) return admission
    const tryAgain = () => this.#reserveOnce(call, claims, offers, 'wait')
    const waited = this.#lines.lineFor(admission.scope).wait(tryAgain, waitForHoldsMs, call.signal)
    return waited.then((admission) => admission ?? this.#reserveOnce(call, claims, offers, 'clamp'))
  }

  #reserveOnce(
    call: ReserveCall,
    claims: readonly Claim[],
    offers: readonly PricedOffer[],
    whenHeld: WhenHeld,
  ): MaybePromise<Admission> {
    const { leaseMs, unknownOutcome, contendedShare } = this.#settings
    const result = this.#ledger.reserve({
      id: `${this.#idPrefix}-${++this.#count}`,
      claims,
      offers: offers.map(offerOf),
      leaseMs,
      leaseEnd: unknownOutcome,
      contendedShare,
      whenHeld,
    })
    return isPromise(result)
      ? result.then((result) => this.#admissionOf(result, call, offers))
      : this.#admissionOf(result, call, offers)
  }

  #admissionOf(result: ReserveResult, call: ReserveCall, offers: readonly PricedOffer[]): Admission {
    if (result.granted) return this.#admit(call, offers, result)
    return refusalOf(result, offers.at(-1)!.offer.floorNanos, (account) => this.#accounts.isListed(account))
  }

  #admit(call: ReserveCall, offers: readonly PricedOffer[], granted: ReserveResult & { granted: true }) {
    const { hold } = granted
    const offer = offers[granted.offer]!
    this.#leases.add(hold)
    const maxOutputTokens = capFor(offer, hold.amountNanos, this.rateCard)
    return new OpenReservation(this.#owner, hold, offer.model === call.model ? 'allow' : 'downshift', {
      model: offer.model,
      maxOutputTokens,
      isClamped: maxOutputTokens < offer.maxOutputTokens,
    })
  }

  #settle(hold: Hold, amount: Nanos): MaybePromise<void> {
    this.#leases.delete(hold)
    const result = this.#ledger.settle(hold, amount)
    return isPromise(result) ? result.then((result) => this.#settled(result, hold)) : this.#settled(result, hold)
  }

  /** Without a hold it is one that the breaker does not know: a slice, or one of an earlier process. */
  #settled({ crossed }: SettleResult, hold?: Hold): void {
    for (const notice of crossed) this.#settings.onNotice(notice)
    if (this.#lines.size === 0) return
    if (hold) this.#lines.wake(hold.accounts)
    else this.#lines.wakeAll()
  }
}

function offerOf({ offer }: PricedOffer): Offer {
  return offer
}
