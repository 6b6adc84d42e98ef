import { isUnavailable, mayHaveHappened } from './is-unavailable.ts'
import { NoToolAvailable } from './no-tool-available.ts'
import { ToolTimeoutError } from './tool-timeout-error.ts'
import { UnknownOutcomeError } from './unknown-outcome-error.ts'

/** What a tool function is told beside its arguments. */
export type ToolContext = {
  /** Aborted with the task, by the caller, or when the link's time is up. */
  readonly signal: AbortSignal
  /** The same for every repetition of one logical call, for a service that knows what it has done. */
  readonly idempotencyKey?: string
  /** Epoch milliseconds. */
  readonly deadlineAtMs?: number
}

export type ChainLink<Args, Result> = {
  readonly name: string
  readonly run: (args: Args, context: ToolContext) => Result | Promise<Result>
}

export type ChainOptions = {
  /** For each link. Default: none. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly idempotencyKey?: string | undefined
  readonly deadlineAtMs?: number | undefined
  /**
   * Links that change the world are not followed by another once they may have done so, and say so: also when the signal
   * ends the chain while one runs.
   */
  readonly hasEffect?: boolean
  /** Hears of each link that was started; `running` settles when it has ended, however late, and never rejects unheard. */
  readonly onStart?: ((running: Promise<unknown>) => void) | undefined
  /** Hears of each link that was passed over, and why. */
  readonly onFallback?: ((fallback: { tool: string; error: unknown }) => void) | undefined
}

export type ChainResult<Result> = { readonly value: Result; readonly answeredBy: string; readonly index: number }

/** Tries link after link until one can be reached; an error of any other kind ends the chain. */
export async function runChain<Args, Result>(
  links: readonly ChainLink<Args, Result>[],
  args: Args,
  options: ChainOptions,
): Promise<ChainResult<Result>> {
  const { signal, hasEffect = false, idempotencyKey, onFallback } = options
  const causes: { tool: string; error: unknown }[] = []
  for (const [index, link] of links.entries()) {
    signal?.throwIfAborted()
    try {
      return { value: await runLink(link, args, options), answeredBy: link.name, index }
    } catch (error) {
      const wasEnded = signal?.aborted === true && error === signal.reason
      if (hasEffect && (wasEnded || mayHaveHappened(error))) {
        throw new UnknownOutcomeError(link.name, idempotencyKey, error)
      }
      signal?.throwIfAborted()
      if (!isUnavailable(error)) throw error
      causes.push({ tool: link.name, error })
      if (index < links.length - 1) onFallback?.({ tool: link.name, error })
    }
  }
  throw new NoToolAvailable(causes)
}

/** Ends with the link, its time, or the signal, whichever comes first; what the link says later is not heard. */
function runLink<Args, Result>(link: ChainLink<Args, Result>, args: Args, options: ChainOptions): Promise<Result> {
  const { signal, timeoutMs, idempotencyKey, deadlineAtMs, onStart } = options
  const controller = new AbortController()
  const context: ToolContext = {
    signal: controller.signal,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(deadlineAtMs === undefined ? {} : { deadlineAtMs }),
  }
  return new Promise<Result>((resolve, reject) => {
    const stop = (reason: unknown) => {
      controller.abort(reason)
      reject(reason)
    }
    const abort = () => stop(signal?.reason)
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => stop(new ToolTimeoutError(link.name, timeoutMs)), timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    // At once, so that nothing starts after the signal; in an async function, so that what it throws is a rejection.
    const running = (async () => link.run(args, context))()
    onStart?.(running)
    running.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    })
  })
}
