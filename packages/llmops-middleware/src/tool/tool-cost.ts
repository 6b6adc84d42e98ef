import { door, either, func, required, usd } from '../check.ts'
import type { MaybePromise } from '../pipeline.ts'
import { type Nanos, nanosFromUsd, type Usd, ZERO } from '../usd.ts'
import { StartedFunctions } from './effects-once.ts'
import type { Watch } from './function-run.ts'
import type { ToolCall } from './tool-call.ts'

/** What one call of a tool costs, in US dollars: always the same, or what its result says, up to a bound. */
export type ToolCost<Result> = Usd | VariableCost<Result>

export type VariableCost<Result> = {
  /** The most that one call can cost, in US dollars: it is held before the function runs. */
  readonly atMost: Usd
  /** Returns what a call cost, in US dollars, from what the function returned. What it cannot tell costs `atMost`. */
  readonly of: (result: Result) => Usd
}

export const TOOL_COST = either(usd, door({ atMost: required(usd), of: required(func) }))

/** Money held for one run of a tool. */
export interface Payment {
  settle(costNanos: Nanos): void
  /** It ran, and nobody knows what it cost. */
  settleUnknown(): void
}

/** Holds the most that a call can cost. @throws when that cannot be paid: nothing may run then. */
export type PayFor = (call: Pick<ToolCall, 'tool' | 'tenant' | 'task' | 'signal'>, mostNanos: Nanos) => Promise<Payment>

type Run<T> = (watch: Watch, keepResult: (result: unknown) => void) => MaybePromise<T>

type Pay = <T>(call: ToolCall, watch: Watch | undefined, run: Run<T>) => Promise<T>

/**
 * Runs a call once its cost is held, and charges what it cost: nothing where every function said that it did nothing.
 * Undefined where nothing is to be paid, or nobody pays.
 */
export function payer<Result>(cost: ToolCost<Result> | undefined, payFor: PayFor | undefined): Pay | undefined {
  if (cost === undefined || payFor === undefined) return undefined
  const mostUsd = typeof cost === 'number' ? cost : cost.atMost
  return async (call, watch, run) => {
    const payment = await payFor(call, nanosFromUsd(mostUsd, 'costUsd'))
    const started = new StartedFunctions(watch)
    let result: unknown
    try {
      const answer = await run(started, (returned) => {
        result = returned
      })
      settle(payment, cost, result as Result)
      return answer
    } catch (error) {
      if (started.mayHaveActed) payment.settleUnknown()
      else payment.settle(ZERO)
      throw error
    }
  }
}

function settle<Result>(payment: Payment, cost: ToolCost<Result>, result: Result): void {
  const costNanos = costOf(cost, result)
  if (costNanos === undefined) payment.settleUnknown()
  else payment.settle(costNanos)
}

/** Undefined where its author's function cannot tell. */
function costOf<Result>(cost: ToolCost<Result>, result: Result): Nanos | undefined {
  try {
    return nanosFromUsd(typeof cost === 'number' ? cost : cost.of(result), 'costUsd.of')
  } catch {
    return undefined
  }
}
