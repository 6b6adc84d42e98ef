import type { Repaired } from '../repair/index.ts'
import { isUnavailable, mayHaveHappened } from './is-unavailable.ts'
import { NoToolAvailable } from './no-tool-available.ts'
import type { ToolResult } from './tool-call.ts'
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
  readonly signal?: AbortSignal | undefined
  /** What each function is told beside its arguments and its signal. */
  readonly context?: Omit<ToolContext, 'signal'>
  /**
   * Functions that change the world are not followed by another once they may have done so, and say so: also when the
   * signal ends the chain while one runs.
   * @default false
   */
  readonly hasEffect?: boolean
  /** Stands around each function, which it knows by its name. */
  readonly around?: ((tool: string, run: () => unknown) => unknown) | undefined
  /** Called with each function that was started; `running` settles when it has ended, however late. */
  readonly onStart?: ((running: Promise<unknown>) => void) | undefined
  /** Called for each function that was passed over, and why. */
  readonly onFallback?: ((fallback: { tool: string; error: unknown }) => void) | undefined
}

/** Tries function after function until one can be reached; an error of any other kind ends the chain. */
export async function runChain<Args, Result>(
  functions: readonly NamedFunction<Args, Result>[],
  args: Args,
  options: ChainOptions,
): Promise<ToolResult<Result>> {
  const { signal, hasEffect = false, context, onFallback } = options
  const causes: { tool: string; error: unknown }[] = []
  for (const [index, { name, run }] of functions.entries()) {
    signal?.throwIfAborted()
    try {
      const value = await runInTime(name, run, args, options)
      return { value, status: index === 0 ? 'ok' : 'fallback', answeredBy: name }
    } catch (error) {
      const wasEnded = signal?.aborted === true && error === signal.reason
      if (hasEffect && (wasEnded || mayHaveHappened(error))) {
        throw new UnknownOutcomeError(name, context?.idempotencyKey, error)
      }
      signal?.throwIfAborted()
      if (!isUnavailable(error)) throw error
      causes.push({ tool: name, error })
      if (index < functions.length - 1) onFallback?.({ tool: name, error })
    }
  }
  throw new NoToolAvailable(causes)
}

/** Ends with the function, its time, or the signal, whichever comes first; what it says later is not heard. */
function runInTime<Args, Result>(
  name: string,
  run: ToolFunction<Args, Result>,
  args: Args,
  { signal, timeoutMs, context, around, onStart }: ChainOptions,
): Promise<Result> {
  const controller = new AbortController()
  const act = () => {
    // What stands around it may have taken its time.
    controller.signal.throwIfAborted()
    return run(args, { ...context, signal: controller.signal })
  }
  return new Promise<Result>((resolve, reject) => {
    const stop = (reason: unknown) => {
      controller.abort(reason)
      reject(reason)
    }
    const abort = () => stop(signal?.reason)
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => stop(new ToolTimeoutError(name, timeoutMs)), timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    // At once, so that nothing starts after the signal; in an async function, so that what it throws is a rejection.
    const running = (async () => (around ? around(name, act) : act()) as Result)()
    onStart?.(running)
    running.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    })
  })
}
