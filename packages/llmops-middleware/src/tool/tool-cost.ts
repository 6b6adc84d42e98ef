import { either, func, objectOf, required, usd } from '../check.ts'
import type { MaybePromise } from '../pipeline.ts'
import { type Nanos, nanosFromUsd, type Usd, ZERO } from '../usd.ts'
import { StartedFunctions } from './effects-once.ts'
import type { Watch } from './function-run.ts'
import type { ToolCall } from './tool-call.ts'

/** What one call of a tool costs, in US dollars: a fixed amount, or one that depends on the result, up to a maximum. */
export type ToolCost<Result> = Usd | VariableCost<Result>

export type VariableCost<Result> = {
  /** The most that one call can cost, in US dollars. It is held before the function runs. */
  readonly atMost: Usd
  /**
   * Returns what a call cost, in US dollars, from the result of the function. If it throws or returns no valid amount,
   * the call costs `atMost`.
   */
  readonly of: (result: Result) => Usd
}

export const TOOL_COST = either(usd, objectOf({ atMost: required(usd), of: required(func) }))

/** Money held for one run of a tool. */
export interface Payment {
  settle(costNanos: Nanos): void
  /** Charges the whole hold, because the cost is not known. */
  settleUnknown(): void
}

/** Holds the most that a call can cost. @throws if the budget refuses it; then nothing may run. */
export type PayFor = (call: Pick<ToolCall, 'tool' | 'tenant' | 'task' | 'signal'>, mostNanos: Nanos) => Promise<Payment>

type Run<T> = (watch: Watch, onResult: (result: unknown) => void) => MaybePromise<T>

type Pay = <T>(call: ToolCall, watch: Watch | undefined, run: Run<T>) => Promise<T>

/**
 * Returns what runs a call once its cost is held, and charges what it cost. A call whose functions did nothing is not
 * charged. Returns undefined if the tool costs nothing or no budget pays.
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

/** Undefined if `costUsd.of` throws or returns no valid amount. */
function costOf<Result>(cost: ToolCost<Result>, result: Result): Nanos | undefined {
  try {
    return nanosFromUsd(typeof cost === 'number' ? cost : cost.of(result), 'costUsd.of')
  } catch {
    return undefined
  }
}
