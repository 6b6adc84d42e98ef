import { onAbort } from '../on-abort.ts'
import { isPromise } from '../pipeline.ts'
import type { Repaired } from '../repair/index.ts'
import { realTiming, type Timing } from '../timing.ts'
import type { Place } from './concurrency-limit.ts'
import { ToolTimeoutError } from './tool-timeout-error.ts'
import { ToolUnavailable } from './tool-unavailable.ts'

/** What a tool function gets in addition to its arguments. */
export type ToolContext = Partial<Repaired> & {
  /** Aborted with the task, by the caller, or when the timeout of the function has passed. */
  readonly signal: AbortSignal
  /** The same for every retry of one logical call, so that a service can recognise it. */
  readonly idempotencyKey?: string | undefined
  /** The deadline of the task, in milliseconds since the epoch. */
  readonly deadlineAtMs?: number | undefined
}

export type ToolFunction<Args, Result> = (args: Args, context: ToolContext) => Result | Promise<Result>

export type NamedFunction<Args, Result> = { readonly name: string; readonly run: ToolFunction<Args, Result> }

/** Is notified when a function starts, and when it fails, however late. */
export type Watch = { started(): void; failed(error: unknown): void }

export type FunctionRunOptions = {
  /** The timeout of each function, in milliseconds. @default no limit */
  readonly timeoutMs?: number | undefined
  /** Aborts the chain. @default none */
  readonly signal?: AbortSignal | undefined
  /** What the function gets in addition to its arguments and its signal. */
  readonly context?: Omit<ToolContext, 'signal'>
  /** Wraps the function, and gets its name. */
  readonly around?: ((tool: string, run: () => unknown) => unknown) | undefined
  /** Converts the result before it is returned. If this throws, the function has failed. */
  readonly checkResult?: ((value: unknown) => unknown) | undefined
  readonly watch?: Watch | undefined
  /** The place that the function has to wait for before it starts. */
  readonly place?: Place | undefined
  /** Measures the timeout. @default the real clock */
  readonly timing?: Pick<Timing, 'after'> | undefined
}

/**
 * What a function gets as its context. The signal is created on first use, but is an enumerable property, so that a
 * copy of the context has it too.
 */
class FunctionContext implements ToolContext {
  declare readonly signal: AbortSignal
  readonly #signalNow: () => AbortSignal

  constructor(context: FunctionRunOptions['context'], signalNow: () => AbortSignal) {
    this.#signalNow = signalNow
    Object.assign(this, context)
    Object.defineProperty(this, 'signal', FunctionContext.#signal)
  }

  // All contexts share one getter. With a getter each, every context would have its own hidden class, which lives until
  // a full garbage collection.
  static readonly #signal: PropertyDescriptor & ThisType<FunctionContext> = {
    enumerable: true,
    configurable: true,
    get() {
      return this.#signalNow()
    },
  }
}

/** One run of a function. It starts in the constructor, so that nothing can start after the signal is aborted. */
export class FunctionRun<Args, Result> {
  /** Settles with the function, its timeout or the signal, whichever comes first. A later result is ignored. */
  readonly value: Promise<Result>
  /** Whether the function has settled, however late. */
  hasEnded = false
  readonly #tool: NamedFunction<Args, Result>
  readonly #args: Args
  readonly #options: FunctionRunOptions
  readonly #resolve: (result: Result) => void
  readonly #reject: (error: unknown) => void
  #wasStarted = false
  #stopped: { readonly reason: unknown } | undefined
  /** Created on first use of the signal, because that costs more than many functions do. */
  #controller: AbortController | undefined
  #removeAbortListener: (() => void) | undefined
  #stopTimer: (() => void) | undefined

  constructor(tool: NamedFunction<Args, Result>, args: Args, options: FunctionRunOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.value = promise
    this.#tool = tool
    this.#args = args
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
    this.#run()
  }

  #run(): void {
    const { around, watch } = this.#options
    const act = () => this.#act()
    watch?.started()
    try {
      const answer = around ? around(this.#tool.name, act) : act()
      if (isPromise(answer)) this.#await(answer, (value) => this.#checkResult(value))
      else this.#checkResult(answer)
    } catch (error) {
      this.#fail(error)
    }
  }

  #act(): unknown {
    // What wraps the function may have taken long.
    this.#throwIfStopped()
    const { place } = this.#options
    const turn = place?.next(this.#signal)
    return turn ? turn.then(() => this.#start()) : this.#start()
  }

  #start(): unknown {
    this.#throwIfStopped()
    this.#wasStarted = true
    const context = new FunctionContext(this.#options.context, () => this.#signal)
    const answer = this.#tool.run(this.#args, context)
    if (isPromise(answer)) this.#options.place?.occupy(answer)
    return answer
  }

  #checkResult(value: unknown): void {
    const { checkResult } = this.#options
    try {
      const checked = checkResult ? checkResult(value) : value
      if (isPromise(checked)) this.#await(checked, (value) => this.#end(value))
      else this.#end(checked)
    } catch (error) {
      this.#fail(error)
    }
  }

  #end(result: unknown): void {
    this.#release()
    this.#resolve(result as Result)
  }

  #fail(error: unknown): void {
    this.#release()
    this.#options.watch?.failed(error)
    this.#reject(error)
  }

  #release(): void {
    const { signal } = this.#options
    // A synchronous function may have aborted its own call.
    if (signal?.aborted && !this.#removeAbortListener) this.#stop(signal.reason)
    this.hasEnded = true
    this.#stopTimer?.()
    this.#removeAbortListener?.()
  }

  /** The timeout and the signal are observed only while there is a promise to wait for. */
  #await(promise: Promise<unknown>, next: (value: unknown) => void): void {
    this.#listen()
    this.#startTimer()
    Promise.resolve(promise).then(next, (error: unknown) => this.#fail(error))
  }

  #startTimer(): void {
    const { timeoutMs, timing = realTiming } = this.#options
    if (timeoutMs === undefined || this.#stopTimer) return
    this.#stopTimer = timing.after(() => this.#stop(this.#timeoutError(timeoutMs)), timeoutMs)
  }

  #timeoutError(timeoutMs: number): Error {
    const { name } = this.#tool
    if (this.#wasStarted || !this.#options.place) return new ToolTimeoutError(name, timeoutMs)
    return new ToolUnavailable(name, { reason: `none of its \`maxConcurrent\` places was free within ${timeoutMs} ms` })
  }

  #listen(): void {
    this.#removeAbortListener ??= onAbort(this.#options.signal, (reason) => this.#stop(reason))
  }

  get #signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#stopped) this.#controller.abort(this.#stopped.reason)
      this.#listen()
    }
    return this.#controller.signal
  }

  #stop(reason: unknown): void {
    this.#stopped ??= { reason }
    this.#controller?.abort(reason)
    this.#reject(reason)
  }

  #throwIfStopped(): void {
    if (this.#stopped) throw this.#stopped.reason
  }
}
