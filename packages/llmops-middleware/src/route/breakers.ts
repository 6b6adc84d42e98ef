import {
  type CircuitBreakerPolicy,
  CircuitState,
  CountBreaker,
  circuitBreaker,
  handleAll,
  isBrokenCircuitError,
} from 'cockatiel'
import type { RouteSettings } from './options.ts'

/** Out of ten attempts, and not before five: one failure says nothing. */
const WINDOW = { size: 10, minimumNumberOfCalls: 5 }

type Breaker = { readonly policy: CircuitBreakerPolicy; heldOpenUntilMs: number }

/** One circuit breaker a target: an open one is passed over until a single probe has shown that it answers again. */
export class Breakers {
  readonly #breakers: ReadonlyMap<string, Breaker>

  constructor({ targets, breaker: { threshold, halfOpenAfterMs, bus } }: RouteSettings) {
    this.#breakers = new Map(
      targets.map(({ name }) => {
        const breaker = new CountBreaker({ threshold, ...WINDOW })
        const policy = circuitBreaker(handleAll, { halfOpenAfter: halfOpenAfterMs, breaker })
        policy.onBreak(() => void bus?.announce(name, halfOpenAfterMs))
        return [name, { policy, heldOpenUntilMs: 0 }]
      }),
    )
    bus?.listen((target, openMs) => {
      const breaker = this.#breakers.get(target)
      if (breaker) breaker.heldOpenUntilMs = Date.now() + openMs
    })
  }

  /** Whether the target is known to fail, from this process or from another. */
  isOpen(target: string): boolean {
    const breaker = this.#breakers.get(target)
    return breaker !== undefined && (isHeldOpen(breaker) || breaker.policy.state === CircuitState.Open)
  }

  /**
   * Makes an attempt through the target's breaker, which counts it by `hasFailed`.
   *
   * @returns undefined when the breaker is open.
   */
  async attempt<T>(target: string, act: () => Promise<T>, hasFailed: (result: T) => boolean): Promise<T | undefined> {
    const breaker = this.#breakers.get(target)!
    if (isHeldOpen(breaker)) return undefined
    let result: { readonly value: T } | undefined
    try {
      await breaker.policy.execute(async () => {
        result = { value: await act() }
        if (hasFailed(result.value)) throw FAILED
      })
    } catch (error) {
      if (error !== FAILED && !isBrokenCircuitError(error)) throw error
    }
    return result?.value
  }
}

const FAILED = new Error('the attempt failed')

function isHeldOpen({ heldOpenUntilMs }: Breaker): boolean {
  return heldOpenUntilMs > 0 && Date.now() < heldOpenUntilMs
}
