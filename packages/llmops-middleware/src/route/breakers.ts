import type { MaybePromise } from '../pipeline.ts'
import type { RouteSettings } from './options.ts'

/** The breaker looks at the last ten attempts, and needs at least five of them. */
const WINDOW = 10
const FEWEST_ATTEMPTS = 5

type BreakerOptions = {
  readonly threshold: number
  readonly halfOpenAfterMs: number
  readonly now: () => number
  /** Called when failed attempts open it. */
  readonly onOpen: () => void
}

type State =
  | { readonly is: 'closed' }
  | { readonly is: 'open'; readonly untilMs: number }
  | { readonly is: 'probed'; readonly probe: PromiseWithResolvers<void> }

/** The permission for one attempt. Call `end` once, with the outcome of the attempt. */
export type Permit = {
  /** Whether other calls wait for its outcome. */
  readonly isProbe: boolean
  /** @param outcome `left` if the caller aborted, so that the outcome is not known */
  end(outcome: 'answered' | 'failed' | 'left'): void
}

/** One circuit breaker per target. A target with an open breaker is skipped until a single probe was answered. */
export class Breakers {
  readonly #breakers: ReadonlyMap<string, Breaker>

  constructor({ targets, breaker: { threshold, halfOpenAfterMs, bus } }: RouteSettings, now: () => number) {
    this.#breakers = new Map(
      targets.map(({ name }) => {
        const onOpen = () => void bus?.announce(name, halfOpenAfterMs)
        return [name, new Breaker({ threshold, halfOpenAfterMs, now, onOpen })]
      }),
    )
    bus?.listen((target, openMs) => this.#breakers.get(target)?.holdOpen(openMs))
  }

  /** Whether the target is known to fail, from this process or from another. */
  isOpen(target: string): boolean {
    return this.#breakers.get(target)?.isOpen ?? false
  }

  /** Returns the permit for one attempt; undefined if the breaker is open. Waits while a probe is in progress. */
  enter(target: string): MaybePromise<Permit | undefined> {
    return this.#breakers.get(target)!.enter()
  }
}

/** Counts the failures of one target. Once too many attempts have failed, the target is skipped for a while. */
class Breaker {
  readonly #options: BreakerOptions
  /** Whether each of the last attempts failed; the newest is last. */
  #failures: boolean[] = []
  #state: State = { is: 'closed' }
  #heldOpenUntilMs = 0
  readonly #plain: Permit = { isProbe: false, end: (outcome) => this.#count(outcome) }

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#state.is === 'open' || this.#isHeldOpen
  }

  /** Another process found that the target fails. */
  holdOpen(milliseconds: number): void {
    this.#heldOpenUntilMs = this.#options.now() + milliseconds
  }

  enter(): MaybePromise<Permit | undefined> {
    if (this.#isHeldOpen) return undefined
    const state = this.#state
    if (state.is === 'closed') return this.#plain
    if (state.is === 'probed') return state.probe.promise.then(() => this.enter())
    return this.#options.now() < state.untilMs ? undefined : this.#probe()
  }

  get #isHeldOpen(): boolean {
    return this.#heldOpenUntilMs > 0 && this.#options.now() < this.#heldOpenUntilMs
  }

  #count(outcome: 'answered' | 'failed' | 'left'): void {
    // An attempt that started before the breaker opened says nothing about the time after.
    if (outcome === 'left' || this.#state.is !== 'closed') return
    this.#failures.push(outcome === 'failed')
    if (this.#failures.length > WINDOW) this.#failures.shift()
    const failed = this.#failures.filter(Boolean).length
    const { length } = this.#failures
    const isTooMany = failed === length || failed > this.#options.threshold * length
    if (outcome === 'failed' && length >= FEWEST_ATTEMPTS && isTooMany) this.#open()
  }

  #open(): void {
    const { now, halfOpenAfterMs, onOpen } = this.#options
    this.#state = { is: 'open', untilMs: now() + halfOpenAfterMs }
    onOpen()
  }

  #probe(): Permit {
    const probe = Promise.withResolvers<void>()
    this.#state = { is: 'probed', probe }
    return {
      isProbe: true,
      end: (outcome) => {
        if (outcome === 'failed') this.#open()
        // If the probe was aborted, the next call is the probe.
        else if (outcome === 'left') this.#state = { is: 'open', untilMs: 0 }
        else this.#close()
        probe.resolve()
      },
    }
  }

  #close(): void {
    this.#failures = [false]
    this.#state = { is: 'closed' }
  }
}
