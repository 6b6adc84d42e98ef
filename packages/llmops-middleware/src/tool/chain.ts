import { notify } from '../notify.ts'
import { onAbort } from '../on-abort.ts'
import type { Repaired } from '../repair/index.ts'
import { currentTask, recordOf } from '../task.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { keepEarlierCauses } from './earlier-causes.ts'
import { InvalidResultError } from './invalid-result-error.ts'
import { isUnavailable, mayHaveHappened, wasLost } from './is-unavailable.ts'
import { NoToolAvailable } from './no-tool-available.ts'
import { ownCopy } from './own-copy.ts'
import type { ToolResult } from './tool-call.ts'
import { ToolResultTooLargeError } from './tool-result-too-large-error.ts'
import { ToolTimeoutError } from './tool-timeout-error.ts'
import { UnknownOutcomeError } from './unknown-outcome-error.ts'

/** What a tool function is told beside its arguments. */
export type ToolContext = Partial<Repaired> & {
  /** Aborted with the task, by the caller, or when the time of the function is up. */
  readonly signal: AbortSignal
  /** The same for every repetition of one logical call, for a service that knows what it has done. */
  readonly idempotencyKey?: string | undefined
  /** Epoch milliseconds. */
  readonly deadlineAtMs?: number | undefined
}

export type ToolFunction<Args, Result> = (args: Args, context: ToolContext) => Result | Promise<Result>

export type NamedFunction<Args, Result> = { readonly name: string; readonly run: ToolFunction<Args, Result> }

export type ChainOptions = {
  /** For each function, in milliseconds. @default no limit */
  readonly timeoutMs?: number | undefined
  /** Ends the chain. @default none */
  readonly signal?: AbortSignal | undefined
  /** What each function is told beside its arguments and its signal. */
  readonly context?: Omit<ToolContext, 'signal'>
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
  /** Stands around each function, which it knows by its name. */
  readonly around?: ((tool: string, run: () => unknown) => unknown) | undefined
  /** What is passed on of a result. One that it refuses is no success, whatever it is. */
  readonly keep?: ((value: unknown) => unknown) | undefined
  /** Called with each function that was started; `running` settles when it has ended, however late. */
  readonly onStart?: ((running: Promise<unknown>) => void) | undefined
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
  for (const [index, { name, run }] of functions.entries()) {
    const isLast = index === functions.length - 1
    signal?.throwIfAborted()
    try {
      const value = await ask({ name, run }, { args, isLast }, options, causes)
      return { value, status: index === 0 ? 'ok' : 'fallback', answeredBy: name }
    } catch (error) {
      causes.push({ tool: name, error })
      endUnlessUnavailable(causes, options)
      if (!isLast) notify('onFallback', onFallback, { tool: name, error })
    }
  }
  throw causes.length === 1 && isRefusedResult(causes[0]!.error) ? causes[0]!.error : new NoToolAvailable(causes)
}

/** An idempotent function whose answer was lost is asked once more: it knows by its key what it has done. */
async function ask<Args, Result>(
  { name, run }: NamedFunction<Args, Result>,
  { args, isLast }: { readonly args: Args; readonly isLast: boolean },
  options: ChainOptions,
  causes: Cause[],
): Promise<Result> {
  if (options.effect !== 'idempotent') return runInTime(name, run, isLast ? args : ownCopy(args), options).value
  const first = runInTime(name, run, ownCopy(args), options)
  try {
    return await first.value
  } catch (error) {
    const mayRun = options.signal?.aborted !== true && (first.hasEnded() || options.mayOverlap !== false)
    if (!mayRun || !wasLost(error) || recordOf(currentTask())?.takeRetry() === false) throw error
    causes.push({ tool: name, error })
    return runInTime(name, run, isLast ? args : ownCopy(args), options).value
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

type Running<Result> = { readonly value: Promise<Result>; hasEnded(): boolean }

/** Ends with the function, its time, or the signal, whichever comes first; what it says later is not heard. */
function runInTime<Args, Result>(
  name: string,
  run: ToolFunction<Args, Result>,
  args: Args,
  { signal, timeoutMs, context, around, keep, onStart }: ChainOptions,
): Running<Result> {
  const controller = new AbortController()
  let hasEnded = false
  const act = () => {
    // What stands around it may have taken its time.
    controller.signal.throwIfAborted()
    return run(args, { ...context, signal: controller.signal })
  }
  const value = new Promise<Result>((resolve, reject) => {
    const stop = (reason: unknown) => {
      controller.abort(reason)
      reject(reason)
    }
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => stop(new ToolTimeoutError(name, timeoutMs)), timeoutMs)
    const letGo = onAbort(signal, stop)
    // At once, so that nothing starts after the signal; in an async function, so that what it throws is a rejection.
    const running = (async () => {
      const answer = around ? around(name, act) : act()
      return (keep ? keep(await answer) : answer) as Result
    })()
    onStart?.(running)
    const end = () => {
      hasEnded = true
      clearTimeout(timer)
      letGo()
    }
    running.finally(end).then(resolve, reject)
  })
  return { value, hasEnded: () => hasEnded }
}
