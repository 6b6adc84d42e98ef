import type { MaybePromise } from '../pipeline.ts'
import type { RouteSettings } from './options.ts'

/** Out of ten attempts, and not before five: one failure says nothing. */
const WINDOW = 10
const FEWEST_ATTEMPTS = 5

type BreakerOptions = {
  readonly threshold: number
  readonly halfOpenAfterMs: number
  readonly now: () => number
  /** Called when attempts made it open. */
  readonly onOpen: () => void
}

type State =
  | { readonly is: 'closed' }
  | { readonly is: 'open'; readonly untilMs: number }
  | { readonly is: 'probed'; readonly probe: PromiseWithResolvers<void> }

/** The right to make one attempt. What the attempt came to is told once. */
export type Passage = {
  /** Others wait for it. */
  readonly isProbe: boolean
  /** `left`: its caller did not wait for it, and nothing is known. */
  end(outcome: 'answered' | 'failed' | 'left'): void
}

/** One circuit breaker a target: an open one is passed over until a single probe has shown that it answers again. */
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

  /** The right to make one attempt; undefined when the breaker is open. While a probe is made, others wait for it. */
  enter(target: string): MaybePromise<Passage | undefined> {
    return this.#breakers.get(target)!.enter()
  }
}

/** Counts the failures of one target. Once too many of its attempts have failed it is not asked for a while. */
class Breaker {
  readonly #options: BreakerOptions
  /** Whether each of the last attempts failed, the newest last. */
  #failures: boolean[] = []
  #state: State = { is: 'closed' }
  #heldOpenUntilMs = 0
  readonly #plain: Passage = { isProbe: false, end: (outcome) => this.#count(outcome) }

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

  enter(): MaybePromise<Passage | undefined> {
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
    // An attempt from before it opened says nothing about the time after.
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

  #probe(): Passage {
    const probe = Promise.withResolvers<void>()
    this.#state = { is: 'probed', probe }
    return {
      isProbe: true,
      end: (outcome) => {
        if (outcome === 'failed') this.#open()
        // After a probe that was left the next call is the probe.
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
