import { CircuitState, CountBreaker, circuitBreaker, handleAll, isBrokenCircuitError } from 'cockatiel'
import type { RouteSettings } from './options.ts'

/** Out of ten attempts, and not before five: one failure says nothing. */
const WINDOW = { size: 10, minimumNumberOfCalls: 5 }

/** One circuit breaker a target: an open one is passed over until a single probe has shown that it answers again. */
export class Breakers {
  readonly #policies: ReadonlyMap<string, ReturnType<typeof circuitBreaker>>

  constructor({ targets, breaker }: RouteSettings) {
    this.#policies = new Map(
      targets.map(({ name }) => [
        name,
        circuitBreaker(handleAll, {
          halfOpenAfter: breaker.halfOpenAfterMs,
          breaker: new CountBreaker({ threshold: breaker.threshold, ...WINDOW }),
        }),
      ]),
    )
  }

  /** Whether the target is known to fail. */
  isOpen(target: string): boolean {
    return this.#policies.get(target)?.state === CircuitState.Open
  }

  /**
   * Makes an attempt through the target's breaker, which counts it by `hasFailed`.
   *
   * @returns undefined when the breaker is open.
   */
  async attempt<T>(target: string, act: () => Promise<T>, hasFailed: (result: T) => boolean): Promise<T | undefined> {
    let result: { readonly value: T } | undefined
    try {
      await this.#policies.get(target)!.execute(async () => {
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
