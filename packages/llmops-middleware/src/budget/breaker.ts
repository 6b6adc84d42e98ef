import { checkOptions, checkValue } from '../check.ts'
import { PAYER } from '../payer.ts'
import type { RateCard } from '../pricing/index.ts'
import { Budget, type BudgetDecision, type BudgetState } from './budget.ts'
import {
  ACCOUNT_SCOPE,
  type AccountScope,
  CHARGE,
  type Charge,
  LIMIT_OVERRIDE,
  type LimitOverride,
  RESERVE_CALL,
  type ReserveCall,
} from './calls.ts'
import type { BudgetOptions } from './options.ts'
import type { Admission } from './reservation.ts'

/** What the layer around model calls asks in the place of the breaker. */
export let budgetOf: (breaker: BudgetBreaker) => Budget

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
  readonly #budget: Budget

  static {
    budgetOf = (breaker) => breaker.#budget
  }

  /**
   * @param path where the options stand, for the messages of errors: `budget` in `createLlmOps({ budget })`.
   * @throws InvalidOptionError naming the option that cannot be used.
   */
  constructor(options: BudgetOptions, path = '') {
    this.#budget = new Budget(options, { path })
  }

  /** What models cost. */
  get rateCard(): RateCard {
    return this.#budget.rateCard
  }

  /** The names of the scopes that a payer can have beside the tenant. */
  get scopes(): readonly string[] {
    return this.#budget.scopes
  }

  /** Returns what a tenant's next call would meet, and holds nothing. */
  async evaluate(tenant: string): Promise<BudgetDecision> {
    checkValue(tenant, PAYER.tenant, 'tenant')
    return await this.#budget.evaluate(tenant)
  }

  /**
   * Returns what an account has spent and what its calls hold, in US dollars: the tenant's own, or that of one of the
   * budget's scopes.
   *
   * @example await budget.read('contoso', { name: 'user', id: 'ada' })
   * @throws InvalidOptionError for a scope that the budget does not know.
   */
  async read(tenant: string, scope?: AccountScope): Promise<BudgetState> {
    checkValue(tenant, PAYER.tenant, 'tenant')
    if (scope !== undefined) checkOptions(scope, ACCOUNT_SCOPE, 'scope')
    return await this.#budget.read(tenant, scope)
  }

  /**
   * Holds the worst case of a call, clamped to what is left if need be, or says why not. Waits a little where only the
   * open holds of other calls are in the way.
   *
   * @throws InvalidOptionError for a scope that the budget does not know: it would have no limit.
   * @throws UnknownModelPriceError for a model without a price, by the rate card's rule.
   * @throws LedgerUnavailableError when the ledger does not answer: nothing is spent that nobody counts.
   */
  async reserve(call: ReserveCall): Promise<Admission> {
    checkOptions(call, RESERVE_CALL)
    return await this.#budget.reserve(call)
  }

  /**
   * Counts what was spent where no call of the budget shows it: a search, a batch, a model without a `fetch`. It was spent
   * already, so it counts past the limit too. In a task of the same tenant it counts there as well.
   *
   * @throws InvalidOptionError for a scope that the budget does not know.
   * @throws LedgerUnavailableError when the ledger does not answer: nothing was counted.
   * @example await budget.charge({ tenant: 'contoso', usd: 0.01, reason: 'web search' })
   */
  async charge(charge: Charge): Promise<void> {
    checkOptions(charge, CHARGE)
    await this.#budget.charge(charge)
  }

  /** Changes a limit while the system runs; every process on the ledger sees it with its next call. */
  async setLimit(override: LimitOverride): Promise<void> {
    checkOptions(override, LIMIT_OVERRIDE)
    await this.#budget.setLimit(override)
  }

  /** Returns what holds now, in words and numbers. */
  explainGuarantee(): string {
    return this.#budget.explainGuarantee()
  }

  /** Waits until every settlement has reached the ledger. */
  async drain(): Promise<void> {
    await this.#budget.drain()
  }

  /** Settles what is under way and closes the ledger. */
  async close(): Promise<void> {
    await this.#budget.close()
  }
}
