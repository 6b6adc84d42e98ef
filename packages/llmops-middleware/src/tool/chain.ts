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
   * What calling the functions means. Once an `effect` may have happened, no other function is asked, and the error says so:
   * also when the signal ends the chain while one runs. The same goes for `idempotent`, where a function whose answer was
   * lost is asked once more, under the same key, if the task has a repetition left.
   *
   * @default 'read'
   */
  readonly effect?: ToolEffect | undefined
  /** Whether a function may be asked once more while it still runs. @default true */
  readonly mayOverlap?: boolean
  /** Called for each function that was passed over, and why. @default nobody is told */
  readonly onFallback?: ((fallback: Cause) => void) | undefined
}

type Cause = { readonly tool: string; readonly error: unknown }

/** Tries function after function until one can be reached; an error of any other kind ends the chain. */
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
      const value = await ask(tool, { args, isLast }, options, causes)
      return { value, status: index === 0 ? 'ok' : 'fallback', answeredBy: name }
    } catch (error) {
      causes.push({ tool: name, error })
      endUnlessUnavailable(causes, options)
      if (!isLast) notify('onFallback', onFallback, { tool: name, error })
    }
  }
  throw causes.length === 1 && isRefusedResult(causes[0]!.error) ? causes[0]!.error : new NoToolAvailable(causes)
}

type Asked<Args> = { readonly args: Args; readonly isLast: boolean }

function ask<Args, Result>(
  tool: NamedFunction<Args, Result>,
  asked: Asked<Args>,
  options: ChainOptions,
  causes: Cause[],
): Promise<Result> {
  if (options.effect === 'idempotent') return askTwice(tool, asked, options, causes)
  return new FunctionRun(tool, asked.isLast ? asked.args : ownCopy(asked.args), options).value
}

/** An idempotent function whose answer was lost is asked once more: it knows by its key what it has done. */
async function askTwice<Args, Result>(
  tool: NamedFunction<Args, Result>,
  { args, isLast }: Asked<Args>,
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

/** Returns when the last cause means that the next function may be asked. */
function endUnlessUnavailable(causes: readonly Cause[], { signal, effect = 'read', context }: ChainOptions): void {
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

/** The function answered, and nobody can use what it said. */
function isRefusedResult(error: unknown): error is InvalidResultError | ToolResultTooLargeError {
  return InvalidResultError.isInstance(error) || ToolResultTooLargeError.isInstance(error)
}
