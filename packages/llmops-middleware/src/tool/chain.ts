import { errorTypeOf } from '../error-type.ts'
import { notify } from '../notify.ts'
import { spanEvent } from '../span-event.ts'
import { currentTask, recordOf } from '../task.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { keepEarlierCauses } from './earlier-causes.ts'
import { FunctionRun, type FunctionRunOptions, type NamedFunction } from './function-run.ts'
import { InvalidResultError } from './invalid-result-error.ts'
import { isUnavailable, mayHaveHappened, wasLost } from './is-unavailable.ts'
import { NoToolAvailable } from './no-tool-available.ts'
import { ownCopy } from './own-copy.ts'
import type { ToolResult } from './tool-call.ts'
import { ToolResultTooLargeError } from './tool-result-too-large-error.ts'
import { UnknownOutcomeError } from './unknown-outcome-error.ts'

export type ChainOptions = FunctionRunOptions & {
  /**
   * What calling the functions does. Once an `effect` may have happened, no other function is called and the chain
   * throws `UnknownOutcomeError`, also if the signal is aborted while a function runs. The same applies to
   * `idempotent`, except that a function whose response was lost is retried once with the same key, if the task has a
   * retry left.
   *
   * @default 'read'
   */
  readonly effect?: ToolEffect | undefined
  /** Whether a function may be retried while its first call still runs. @default true */
  readonly mayOverlap?: boolean
  /** Called for each function that was skipped, with the reason. @default none */
  readonly onFallback?: ((fallback: Cause) => void) | undefined
}

type Cause = { readonly tool: string; readonly error: unknown }

/** Calls the functions in order until one is available. An error of any other kind ends the chain. */
export async function runChain<Args, Result>(
  functions: readonly NamedFunction<Args, Result>[],
  args: Args,
  options: ChainOptions,
): Promise<ToolResult<Result>> {
  const { signal, onFallback } = options
  const causes: Cause[] = []
  for (const [index, tool] of functions.entries()) {
    const { name } = tool
    const isLast = index === functions.length - 1
    signal?.throwIfAborted()
    try {
      const value = await callFunction(tool, { args, isLast }, options, causes)
      return { value, status: index === 0 ? 'ok' : 'fallback', answeredBy: name }
    } catch (error) {
      causes.push({ tool: name, error })
      throwUnlessUnavailable(causes, options)
      if (!isLast) notify('onFallback', onFallback, { tool: name, error })
    }
  }
  throw causes.length === 1 && isRefusedResult(causes[0]!.error) ? causes[0]!.error : new NoToolAvailable(causes)
}

type Arguments<Args> = { readonly args: Args; readonly isLast: boolean }

function callFunction<Args, Result>(
  tool: NamedFunction<Args, Result>,
  call: Arguments<Args>,
  options: ChainOptions,
  causes: Cause[],
): Promise<Result> {
  if (options.effect === 'idempotent') return callWithRetry(tool, call, options, causes)
  return new FunctionRun(tool, call.isLast ? call.args : ownCopy(call.args), options).value
}

/** Retries an idempotent function once if its response was lost. The function recognises the retry by its key. */
async function callWithRetry<Args, Result>(
  tool: NamedFunction<Args, Result>,
  { args, isLast }: Arguments<Args>,
  options: ChainOptions,
  causes: Cause[],
): Promise<Result> {
  const first = new FunctionRun(tool, ownCopy(args), options)
  try {
    return await first.value
  } catch (error) {
    const mayRun = options.signal?.aborted !== true && (first.hasEnded || options.mayOverlap !== false)
    if (!mayRun || !wasLost(error) || recordOf(currentTask())?.takeRetry() === false) throw error
    causes.push({ tool: tool.name, error })
    spanEvent('agent.tool.retry', { tool: tool.name, 'error.type': errorTypeOf(error) })
    return new FunctionRun(tool, isLast ? args : ownCopy(args), options).value
  }
}

/** Returns if the last error allows the next function to be called, else throws. */
function throwUnlessUnavailable(causes: readonly Cause[], { signal, effect = 'read', context }: ChainOptions): void {
  const { tool, error } = causes.at(-1)!
  const wasEnded = signal?.aborted === true && error === signal.reason
  const isRefused = isRefusedResult(error)
  if (effect !== 'read' && (wasEnded || isRefused || mayHaveHappened(error))) {
    const result = isRefused ? error.result : undefined
    throw new UnknownOutcomeError(tool, { idempotencyKey: context?.idempotencyKey, causes, result })
  }
  signal?.throwIfAborted()
  if (isRefused || isUnavailable(error)) return
  keepEarlierCauses(error, causes.slice(0, -1))
  throw error
}

/** The function returned a result that cannot be used. */
function isRefusedResult(error: unknown): error is InvalidResultError | ToolResultTooLargeError {
  return InvalidResultError.isInstance(error) || ToolResultTooLargeError.isInstance(error)
}
