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

/** Returns the `Budget` inside a breaker, which the layer around model calls uses directly. */
export let budgetOf: (breaker: BudgetBreaker) => Budget

/**
 * Decides before each call whether the budget allows it. The worst case of the call is held before anything is spent, and
 * settled to the actual cost afterwards. Because holds count against the limit, spend never passes it, however many calls
 * and processes share the budget.
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
   * @param path the path of the options in error messages: `budget` in `createLlmOps({ budget })`.
   * @throws InvalidOptionError naming the option that cannot be used.
   */
  constructor(options: BudgetOptions, path = '') {
    this.#budget = new Budget(options, { path })
  }

  /** What models cost. */
  get rateCard(): RateCard {
    return this.#budget.rateCard
  }

  /** The names of the scopes that a payer can name besides the tenant. */
  get scopes(): readonly string[] {
    return this.#budget.scopes
  }

  /**
   * Returns the decision that a tenant's next call would get. Holds nothing.
   *
   * @param tenant who would pay
   */
  async evaluate(tenant: string): Promise<BudgetDecision> {
    checkValue(tenant, PAYER.tenant, 'tenant')
    return await this.#budget.evaluate(tenant)
  }

  /**
   * Returns what an account has spent and what its open calls hold, in US dollars. Without `scope` this is the tenant's
   * own account.
   *
   * @param tenant whose account it is
   * @example await budget.read('contoso', { name: 'user', id: 'ada' })
   * @throws InvalidOptionError for a scope that the budget does not know.
   */
  async read(tenant: string, scope?: AccountScope): Promise<BudgetState> {
    checkValue(tenant, PAYER.tenant, 'tenant')
    if (scope !== undefined) checkOptions(scope, ACCOUNT_SCOPE, 'scope')
    return await this.#budget.read(tenant, scope)
  }

  /**
   * Holds the worst case of a call, clamped to what is left if necessary, or returns a refusal with its reason. A call
   * blocked only by open holds waits up to `waitForHoldsMs` for them to be released.
   *
   * @throws InvalidOptionError for a scope that the budget does not know: it would have no limit.
   * @throws UnknownModelPriceError for a model without a price, if the rate card's `unknownModel` is `block`.
   * @throws LedgerUnavailableError when the ledger does not answer: the call is refused because it could not be counted.
   */
  async reserve(call: ReserveCall): Promise<Admission> {
    checkOptions(call, RESERVE_CALL)
    return await this.#budget.reserve(call)
  }

  /**
   * Counts money that was spent outside the budget's calls: a search, a batch, a model that is called without `fetch`. The
   * money is already spent, so it is counted even past the limit. Inside a task of the same tenant it also counts there.
   *
   * @throws InvalidOptionError for a scope that the budget does not know.
   * @throws LedgerUnavailableError when the ledger does not answer: nothing was counted.
   * @example await budget.charge({ tenant: 'contoso', usd: 0.01, reason: 'web search' })
   */
  async charge(charge: Charge): Promise<void> {
    checkOptions(charge, CHARGE)
    await this.#budget.charge(charge)
  }

  /** Changes a limit at run time. Every process on the ledger applies it from its next call. */
  async setLimit(override: LimitOverride): Promise<void> {
    checkOptions(override, LIMIT_OVERRIDE)
    await this.#budget.setLimit(override)
  }

  /** Returns what the budget guarantees as it is configured, in words and numbers. */
  explainGuarantee(): string {
    return this.#budget.explainGuarantee()
  }

  /** Waits until every settlement has reached the ledger. */
  async drain(): Promise<void> {
    await this.#budget.drain()
  }

  /** Waits for the settlements under way, then closes the ledger. */
  async close(): Promise<void> {
    await this.#budget.close()
  }
}
