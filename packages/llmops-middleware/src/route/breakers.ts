import {
  type CircuitBreakerPolicy,
  CircuitState,
  CountBreaker,
  circuitBreaker,
  DelegateBackoff,
  type FailureReason,
  handleWhenResult,
  isBrokenCircuitError,
} from 'cockatiel'
import { isPromise, type MaybePromise } from '../pipeline.ts'
import type { RouteSettings } from './options.ts'

/** Out of ten attempts, and not before five: one failure says nothing. */
const WINDOW = { size: 10, minimumNumberOfCalls: 5 }

type Breaker = { readonly policy: CircuitBreakerPolicy; heldOpenUntilMs: number }

/** What an attempt says about its target. Of a probe that the caller left nothing is known. */
type Outcome<T> =
  | { readonly kind: 'answered' | 'failed'; readonly value: T }
  | { readonly kind: 'left'; readonly reason: unknown }

/** One circuit breaker a target: an open one is passed over until a single probe has shown that it answers again. */
export class Breakers {
  readonly #breakers: ReadonlyMap<string, Breaker>

  constructor({ targets, breaker: { threshold, halfOpenAfterMs, bus } }: RouteSettings) {
    // After a probe that was left, the next call is the probe.
    const halfOpenAfter = new DelegateBackoff<{ readonly result: FailureReason<unknown> }>(({ result }) =>
      wasLeft(result) ? 0 : halfOpenAfterMs,
    )
    this.#breakers = new Map(
      targets.map(({ name }) => {
        const breaker = new CountBreaker({ threshold, ...WINDOW })
        const policy = circuitBreaker(handleWhenResult(hasNotAnswered), { halfOpenAfter, breaker })
        policy.onBreak((reason) => {
          if (!wasLeft(reason)) void bus?.announce(name, halfOpenAfterMs)
        })
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
   * Makes an attempt through the target's breaker, which counts it by `hasFailed`: for a stream when that has ended. An
   * attempt that throws was left by its caller, and is not counted.
   *
   * @returns undefined when the breaker is open.
   */
  attempt<T>(
    target: string,
    act: () => Promise<T>,
    hasFailed: (result: T) => MaybePromise<boolean>,
  ): Promise<T | undefined> {
    const breaker = this.#breakers.get(target)!
    if (isHeldOpen(breaker)) return Promise.resolve(undefined)
    const { policy } = breaker
    return new Promise((resolve, reject) => {
      const attempting = policy.execute(async (): Promise<Outcome<T>> => {
        const isProbe = policy.state === CircuitState.HalfOpen
        let value: T
        try {
          value = await act()
        } catch (reason) {
          // Of a probe that throws the policy would say that it answered.
          if (!isProbe) throw reason
          return { kind: 'left', reason }
        }
        const failing = hasFailed(value)
        if (!isPromise(failing)) return { kind: failing ? 'failed' : 'answered', value }
        resolve(value)
        // Others wait for a probe: that its stream has begun has to do.
        return { kind: !isProbe && (await failing) ? 'failed' : 'answered', value }
      })
      attempting.then(
        (outcome) => (outcome.kind === 'left' ? reject(outcome.reason) : resolve(outcome.value)),
        (error) => (isBrokenCircuitError(error) ? resolve(undefined) : reject(error)),
      )
    })
  }
}

function hasNotAnswered(outcome: unknown): boolean {
  return (outcome as Outcome<unknown>).kind !== 'answered'
}

function wasLeft(reason: FailureReason<unknown> | { readonly isolated: true }): boolean {
  return 'value' in reason && (reason.value as Outcome<unknown>).kind === 'left'
}

function isHeldOpen({ heldOpenUntilMs }: Breaker): boolean {
  return heldOpenUntilMs > 0 && Date.now() < heldOpenUntilMs
}
