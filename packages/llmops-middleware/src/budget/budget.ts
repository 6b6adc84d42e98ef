import { randomBytes } from 'node:crypto'
import {
  type AccountState,
  type Claim,
  type CrossedNotice,
  type Hold,
  JournalFolder,
  memoryLedger,
  type Offer,
  OutageTolerantLedger,
  type ReserveRequest,
  type ReserveResult,
  type SettleResult,
  type WhenHeld,
} from '../ledger/index.ts'
import { notify } from '../notify.ts'
import { andThen, type MaybePromise } from '../pipeline.ts'
import { createRateCard, type RateCard } from '../pricing/index.ts'
import type { Seen } from '../seen.ts'
import type { Sli } from '../sli/index.ts'
import { currentTask, recordOf } from '../task.ts'
import { realTiming, type Timing } from '../timing.ts'
import { type Nanos, nanosFromUsd, type Usd, usdFromNanos, ZERO } from '../usd.ts'
import { nameInMessages, ownerOf } from './account-name.ts'
import { Accounts } from './accounts.ts'
import type { AccountScope, Charge, LimitOverride, ReserveCall, WaitingPayer } from './calls.ts'
import { checkDownshifts } from './downshift.ts'
import { explainGuarantee } from './guarantee.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { offerOf, offersFor, type PricedOffer } from './offers.ts'
import { type BudgetOptions, type BudgetSettings, readBudgetOptions } from './options.ts'
import { refusalOf } from './refusal.ts'
import { type OpenAdmission, OpenReservation, type ReservationOwner } from './reservation.ts'
import { WaitQueues } from './wait-queue.ts'

/** What the next call of a tenant would meet: its own model, a cheaper one, or a refusal. */
export type BudgetDecision = 'allow' | 'downshift' | 'block'

/** What an account has spent, what its calls hold, and when it starts again. */
export type BudgetState = {
  /** Spent in the current period, in US dollars. */
  readonly spentUsd: Usd
  /** The part of `spentUsd` that is not known: estimates, and holds of processes that died. */
  readonly unknownUsd: Usd
  /** Held by calls that run, in US dollars. */
  readonly heldUsd: Usd
  /** The limit in force, in US dollars. */
  readonly limitUsd: Usd
  /** When the next period starts. */
  readonly resetsAt: Date
}

export type BudgetAccountSli = Pick<Sli, 'budgetNoticed' | 'charged'>

/** A hold of 0 is granted past the limit too; a charge then settles it with the amount that was spent. */
const FREE_OFFER = [{ amountNanos: ZERO, floorNanos: ZERO }]

/**
 * The implementation of `BudgetBreaker`, for the layer around model calls: it does not check its arguments, and returns
 * synchronously where the ledger does.
 */
export class Budget implements ReservationOwner {
  readonly rateCard: RateCard
  readonly settings: BudgetSettings
  /** The input sizes that the processes on the ledger have seen, if the ledger shares them. */
  readonly seen: Seen | undefined
  /** Records notices and charges. */
  sli: BudgetAccountSli | undefined
  readonly #accounts: Accounts
  readonly #ledger: OutageTolerantLedger
  readonly #leases: LeaseKeeper
  readonly #queues: WaitQueues<OpenAdmission>
  /** 72 random bits, so that no two processes create the same id. */
  readonly #idPrefix = randomBytes(9).toString('base64url')
  #count = 0
  /** Settlements under way. Only `drain` waits for them. */
  readonly #settling = new Set<Promise<unknown>>()

  /** @throws InvalidOptionError naming the option that cannot be used. */
  constructor(options: BudgetOptions, { path = '', ...timing }: Partial<Timing> & { readonly path?: string } = {}) {
    const { after, ...time } = { ...realTiming, ...timing }
    this.settings = readBudgetOptions(options, path)
    this.rateCard = options.rateCard ?? createRateCard()
    const { downshift, journalFolder, leaseMs, ledgerFailure } = this.settings
    checkDownshifts(downshift.to, this.rateCard, path === '' ? 'downshift.to' : `${path}.downshift.to`)
    this.#accounts = new Accounts(this.settings)
    this.seen = options.ledger?.seen
    this.#ledger = new OutageTolerantLedger(options.ledger ?? memoryLedger(), {
      ...time,
      isOpen: ledgerFailure === 'open',
      folder: journalFolder === undefined ? undefined : new JournalFolder(journalFolder),
      onSettled: (result) => this.#settled(result),
    })
    this.#leases = new LeaseKeeper(this.#ledger, leaseMs, time.repeat)
    this.#queues = new WaitQueues(after)
  }

  get scopes(): readonly string[] {
    return this.#accounts.scopes
  }

  evaluate(tenant: string): MaybePromise<BudgetDecision> {
    return andThen(this.#state(tenant), ({ spentNanos, limitNanos }) => {
      if (spentNanos >= limitNanos) return 'block'
      return spentNanos >= this.settings.downshift.at * limitNanos ? 'downshift' : 'allow'
    })
  }

  read(tenant: string, scope?: AccountScope): MaybePromise<BudgetState> {
    return andThen(this.#state(tenant, scope), (state) => ({
      spentUsd: usdFromNanos(state.spentNanos),
      // A user's own ledger may not return it yet.
      unknownUsd: usdFromNanos(state.unknownNanos ?? ZERO),
      heldUsd: usdFromNanos(state.heldNanos),
      limitUsd: usdFromNanos(state.limitNanos),
      resetsAt: new Date(state.resetsAtMs),
    }))
  }

  reserve(call: ReserveCall): MaybePromise<OpenAdmission> {
    return this.#reserve(call, offersFor(call, this.settings, this.rateCard), call.model)
  }

  /** Reserves a fixed amount, such as the cost of a tool. */
  reserveAmount(payer: WaitingPayer, amountNanos: Nanos): MaybePromise<OpenAdmission> {
    return this.#reserve(payer, [offerOf(amountNanos)], '')
  }

  #reserve(payer: WaitingPayer, offers: readonly PricedOffer[], model: string): MaybePromise<OpenAdmission> {
    const { waitForHoldsMs } = this.settings
    return andThen(this.#accounts.claimsOf(payer), (claims) =>
      andThen(this.#ledger.reserve(this.#request(claims, offers, waitForHoldsMs > 0 ? 'wait' : 'clamp')), (result) =>
        !result.granted && result.reason === 'held' && waitForHoldsMs > 0
          ? this.#wait(payer, claims, { offers, model, account: result.accounts[result.refusedBy]!.account })
          : this.#admission(result, offers, model),
      ),
    )
  }

  setLimit({ tenant, scope, limitUsd, lasts = 'period' }: LimitOverride): MaybePromise<void> {
    const limitNanos = limitUsd === undefined ? undefined : nanosFromUsd(limitUsd, 'limitUsd')
    const { account, period } = this.#accounts.accountOf(tenant, scope)
    return this.#ledger.setLimit({ account, period, limitNanos, lasts })
  }

  charge({ usd, reason, ...payer }: Charge): MaybePromise<void> {
    const amountNanos = nanosFromUsd(usd)
    return andThen(this.#accounts.claimsOf(payer), (claims) =>
      andThen(this.#ledger.reserve(this.#request(claims, FREE_OFFER, 'clamp')), (result) => {
        const { hold } = result as ReserveResult & { granted: true }
        return andThen(this.#ledger.settle(hold, amountNanos), (result) => {
          this.#settled(result, hold)
          this.#charged(payer.tenant, amountNanos, reason)
        })
      }),
    )
  }

  explainGuarantee(): string {
    return explainGuarantee(this.settings, this.#ledger.bound?.())
  }

  settle(hold: Hold, amountNanos: Nanos, unknownNanos: Nanos): MaybePromise<void> {
    this.#leases.delete(hold)
    return andThen(this.#ledger.settle(hold, amountNanos, unknownNanos), (result) => this.#settled(result, hold))
  }

  /**
   * Stops renewing the hold. Its lease then ends by the rule for unknown outcomes; the returned function settles it to the
   * true amount later.
   */
  postpone(hold: Hold): ((amountNanos: Nanos) => MaybePromise<void>) | undefined {
    // A hold without a lease would stay forever if the true amount never becomes known.
    if (!this.#ledger.endsByLease(hold)) return undefined
    this.#leases.delete(hold)
    return (amountNanos) => this.settle(hold, amountNanos, ZERO)
  }

  /** Lets a settlement run in the background until `drain` waits for it. If the ledger fails, the lease ends the hold. */
  track(settlement: MaybePromise<unknown>): void {
    if (!(settlement instanceof Promise)) return
    const end = () => void this.#settling.delete(tracked)
    const tracked: Promise<void> = settlement.then(end, end)
    this.#settling.add(tracked)
  }

  async drain(): Promise<void> {
    while (this.#settling.size > 0) await Promise.all(this.#settling)
  }

  async close(): Promise<void> {
    await this.drain()
    this.#leases.close()
    await this.#ledger.close()
  }

  #state(tenant: string, scope?: AccountScope): MaybePromise<AccountState> {
    return andThen(this.#accounts.claimOf(tenant, scope), (claim) =>
      andThen(this.#ledger.read([claim]), ([state]) => state!),
    )
  }

  /** Counts a charge in the SLIs, and in the current task if it belongs to the same tenant. */
  #charged(tenant: string, amountNanos: Nanos, reason: string): void {
    const task = currentTask()
    const record = task?.tenant === tenant ? recordOf(task) : undefined
    record?.count('costNanos', amountNanos)
    record?.budget?.charge(amountNanos)
    this.sli?.charged(tenant, reason, usdFromNanos(amountNanos))
  }

  #request(claims: readonly Claim[], offers: readonly Offer[], whenHeld: WhenHeld): ReserveRequest {
    const { leaseMs, unknownOutcome, contendedShare } = this.settings
    const id = `${this.#idPrefix}-${++this.#count}`
    const leaseEnd = unknownOutcome === 'release' ? 'release' : 'charge'
    return { id, claims, offers, leaseMs, leaseEnd, contendedShare, whenHeld }
  }

  #admission(result: ReserveResult, offers: readonly PricedOffer[], model: string): OpenAdmission {
    if (!result.granted) {
      return refusalOf(result, offers.at(-1)!.floorNanos, (account) => this.#accounts.isListed(account))
    }
    this.#leases.add(result.hold)
    const held = { hold: result.hold, leftNanos: leastLeft(result.accounts) }
    return new OpenReservation(this, held, offers[result.offer]!, model)
  }

  /** Waits until open holds release enough. When the wait ends without success, clamps the call to what is left. */
  async #wait(
    { signal }: WaitingPayer,
    claims: readonly Claim[],
    wanted: { readonly offers: readonly PricedOffer[]; readonly model: string; readonly account: string },
  ): Promise<OpenAdmission> {
    const { offers, model, account } = wanted
    const reserve = async (whenHeld: WhenHeld) =>
      this.#admission(await this.#ledger.reserve(this.#request(claims, offers, whenHeld)), offers, model)
    const queue = this.#queues.queueFor(account)
    const waited = await queue.wait(() => reserve('wait'), this.settings.waitForHoldsMs, signal)
    return waited ?? (await reserve('clamp'))
  }

  /** `hold` is undefined for a settlement that this budget did not make: of a slice, or of an earlier process. */
  #settled({ crossed }: SettleResult, hold?: Hold): void {
    for (const notice of crossed) this.#notify(notice)
    if (this.#queues.size === 0) return
    if (hold) this.#queues.wake(hold.accounts)
    else this.#queues.wakeAll()
  }

  #notify({ account, period, share }: CrossedNotice): void {
    const { scope, id, tenant = 'other' } = ownerOf(account)
    const notice = {
      account: nameInMessages(account),
      tenant,
      period,
      share,
      ...(scope !== 'tenant' && { scope: { name: scope, id } }),
    }
    notify('onNotice', this.settings.onNotice, notice)
    this.sli?.budgetNoticed(tenant, scope, share)
  }
}

function leastLeft(accounts: readonly AccountState[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const { limitNanos, spentNanos, heldNanos } of accounts) {
    least = Math.min(least, limitNanos - spentNanos - heldNanos)
  }
  return least
}
