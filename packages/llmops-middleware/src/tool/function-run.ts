import { onAbort } from '../on-abort.ts'
import { isPromise } from '../pipeline.ts'
import type { Repaired } from '../repair/index.ts'
import { realTiming, type Timing } from '../timing.ts'
import type { Place } from './concurrency-limit.ts'
import { ToolTimeoutError } from './tool-timeout-error.ts'
import { ToolUnavailable } from './tool-unavailable.ts'

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

/** Hears of each function that is asked, and of each that says in the end, however late, that it failed. */
export type Watch = { started(): void; failed(error: unknown): void }

export type FunctionRunOptions = {
  /** For each function, in milliseconds. @default no limit */
  readonly timeoutMs?: number | undefined
  /** Ends the chain. @default none */
  readonly signal?: AbortSignal | undefined
  /** What the function is told beside its arguments and its signal. */
  readonly context?: Omit<ToolContext, 'signal'>
  /** Stands around the function, which it knows by its name. */
  readonly around?: ((tool: string, run: () => unknown) => unknown) | undefined
  /** What is passed on of a result. One that it refuses is no success, whatever it is. */
  readonly keep?: ((value: unknown) => unknown) | undefined
  readonly watch?: Watch | undefined
  /** What the function needs to start. */
  readonly place?: Place | undefined
  /** What its time is measured with. @default the real clock */
  readonly timing?: Pick<Timing, 'after'> | undefined
}

/** What a function is told. Its signal, though made when it is asked for, is a field like the others: also of a copy. */
class FunctionContext implements ToolContext {
  declare readonly signal: AbortSignal
  readonly #signalNow: () => AbortSignal

  constructor(told: FunctionRunOptions['context'], signalNow: () => AbortSignal) {
    this.#signalNow = signalNow
    Object.assign(this, told)
    Object.defineProperty(this, 'signal', FunctionContext.#signal)
  }

  // One getter for all of them: with each its own, each had a shape of its own, which lives until a full collection.
  static readonly #signal: PropertyDescriptor & ThisType<FunctionContext> = {
    enumerable: true,
    configurable: true,
    get() {
      return this.#signalNow()
    },
  }
}

/** One function that is asked: at once, so that nothing starts after the signal. */
export class FunctionRun<Args, Result> {
  /** Settles with the function, its time, or the signal, whichever comes first; what it says later is not heard. */
  readonly value: Promise<Result>
  /** Whether the function has said something, however late. */
  hasEnded = false
  readonly #tool: NamedFunction<Args, Result>
  readonly #args: Args
  readonly #options: FunctionRunOptions
  readonly #resolve: (result: Result) => void
  readonly #reject: (error: unknown) => void
  #wasStarted = false
  #stopped: { readonly reason: unknown } | undefined
  /** For those who ask for the signal: making one costs more than many a function. */
  #controller: AbortController | undefined
  #letGo: (() => void) | undefined
  #stopTimer: (() => void) | undefined

  constructor(tool: NamedFunction<Args, Result>, args: Args, options: FunctionRunOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.value = promise
    this.#tool = tool
    this.#args = args
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
    this.#ask()
  }

  #ask(): void {
    const { around, watch } = this.#options
    const act = () => this.#act()
    watch?.started()
    try {
      const answer = around ? around(this.#tool.name, act) : act()
      if (isPromise(answer)) this.#await(answer, (value) => this.#keep(value))
      else this.#keep(answer)
    } catch (error) {
      this.#fail(error)
    }
  }

  #act(): unknown {
    // What stands around it may have taken its time.
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
    if (isPromise(answer)) this.#options.place?.keep(answer)
    return answer
  }

  #keep(value: unknown): void {
    const { keep } = this.#options
    try {
      const kept = keep ? keep(value) : value
      if (isPromise(kept)) this.#await(kept, (value) => this.#end(value))
      else this.#end(kept)
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
    // A function that never waited may have aborted its own call.
    if (signal?.aborted && !this.#letGo) this.#stop(signal.reason)
    this.hasEnded = true
    this.#stopTimer?.()
    this.#letGo?.()
  }

  /** Its time and its signal count once something has to be waited for. */
  #await(promise: Promise<unknown>, goOn: (value: unknown) => void): void {
    this.#listen()
    this.#startTimer()
    Promise.resolve(promise).then(goOn, (error: unknown) => this.#fail(error))
  }

  #startTimer(): void {
    const { timeoutMs, timing = realTiming } = this.#options
    if (timeoutMs === undefined || this.#stopTimer) return
    this.#stopTimer = timing.after(() => this.#stop(this.#late(timeoutMs)), timeoutMs)
  }

  #late(timeoutMs: number): Error {
    const { name } = this.#tool
    if (this.#wasStarted || !this.#options.place) return new ToolTimeoutError(name, timeoutMs)
    return new ToolUnavailable(name, { reason: `none of its \`maxConcurrent\` places was free within ${timeoutMs} ms` })
  }

  #listen(): void {
    this.#letGo ??= onAbort(this.#options.signal, (reason) => this.#stop(reason))
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
