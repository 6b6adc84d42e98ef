import { onAbort } from '../on-abort.ts'
import { RepairableError } from '../repair/index.ts'
import { fingerprintOf } from './canonical-json.ts'
import { DuplicateCallError } from './duplicate-call-error.ts'
import { isUnavailable, mayHaveHappened } from './is-unavailable.ts'
import type { KeptAnswer } from './keep-result.ts'
import { ownCopy } from './own-copy.ts'
import { UnknownOutcomeError } from './unknown-outcome-error.ts'
import { usableResult } from './usable-result.ts'

/** A call of a tool with an effect. */
export type EffectCall = {
  /** Another one for each tool, and for each who may see the outcome. */
  readonly key: string
  /** What the function is told. */
  readonly idempotencyKey: string
  readonly tool: string
  readonly args: unknown
  readonly signal: AbortSignal
  /** Who alone may call again with this key. Undefined when anybody may. */
  readonly owner: object | undefined
}

/** Is told of each function that is started. */
export type Watch = (running: Promise<unknown>) => void

/** Runs the call. */
export type Act = (watch: Watch) => Promise<KeptAnswer>

type Outcome =
  | { readonly kind: 'done'; readonly answer: KeptAnswer }
  | { readonly kind: 'not_kept' }
  | { readonly kind: 'failed' | 'unknown'; readonly said: string }
  /** No function was started, or each said that it did nothing. */
  | { readonly kind: 'nothing' }

type Known = {
  readonly args: string
  readonly owner: object | undefined
  outcome: Promise<Outcome>
  hasEnded: boolean
}

/** In characters of JSON: a longer result is not kept for a second call. */
const MAX_KEPT_LENGTH = 4096
const MAX_SAID_LENGTH = 500

/**
 * Starts an effect at most once for one key. A second call gets the outcome of the first, or an error that says why it
 * does not. Only a call that did nothing may be made again.
 */
export class EffectsOnce {
  readonly #known = new Map<string, Known>()
  readonly #maxEnded: number
  #ended = 0

  /** @param maxEnded how many calls are remembered once they have ended; the oldest are forgotten first. */
  constructor(maxEnded: number) {
    this.#maxEnded = maxEnded
  }

  get size(): number {
    return this.#known.size
  }

  /** @throws DuplicateCallError, or UnknownOutcomeError, where the first call has no outcome to give. */
  async run(call: EffectCall, act: Act): Promise<KeptAnswer> {
    for (;;) {
      const earlier = this.#known.get(call.key)
      if (!earlier) return this.#start(call, act)
      refuseOther(earlier, call)
      const outcome = await untilAborted(earlier.outcome, call.signal)
      if (outcome.kind !== 'nothing') return repeat(outcome, call)
    }
  }

  async #start(call: EffectCall, act: Act): Promise<KeptAnswer> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const known: Known = { args: argumentsOf(call), owner: call.owner, outcome: promise, hasEnded: false }
    this.#known.set(call.key, known)
    const started = new StartedFunctions()
    try {
      const answer = await act(started.watch)
      this.#end(call.key, known, light(answer))
      resolve({ kind: 'done', answer })
      return answer
    } catch (error) {
      const outcome = started.mayHaveActed ? failureOf(error) : ({ kind: 'nothing' } as const)
      this.#end(call.key, known, outcome)
      resolve(outcome)
      throw error
    }
  }

  /** Behind those that have ended before, so that the oldest of them comes first. */
  #end(key: string, known: Known, outcome: Outcome): void {
    this.#known.delete(key)
    if (outcome.kind === 'nothing') return
    this.#known.set(key, Object.assign(known, { outcome: Promise.resolve(outcome), hasEnded: true }))
    if (++this.#ended > this.#maxEnded) this.#forgetOldest()
  }

  #forgetOldest(): void {
    for (const [key, { hasEnded }] of this.#known) {
      if (!hasEnded) continue
      this.#known.delete(key)
      this.#ended--
      return
    }
  }
}

/** Counts those of which it is not certain that they did nothing. */
export class StartedFunctions {
  #count = 0

  readonly watch: Watch = (running) => {
    this.#count++
    running.catch((error: unknown) => {
      if (didNothing(error)) this.#count--
    })
  }

  get mayHaveActed(): boolean {
    return this.#count > 0
  }
}

function didNothing(error: unknown): boolean {
  return RepairableError.isInstance(error) || (isUnavailable(error) && !mayHaveHappened(error))
}

/** As short as they can be compared: a text is compared as the JSON that it is. */
function argumentsOf({ args }: EffectCall): string {
  const text = typeof args === 'string' ? args : usableResult(args, 1024 * 1024).json
  return text.length <= MAX_KEPT_LENGTH ? text : fingerprintOf(text)
}

function refuseOther({ args, owner }: Known, call: EffectCall): void {
  if (owner !== call.owner) throw new DuplicateCallError(call.tool, call.idempotencyKey, 'outside_task')
  const own = argumentsOf(call)
  if (own !== args && fingerprintOf(own) !== fingerprintOf(args)) {
    throw new DuplicateCallError(call.tool, call.idempotencyKey, 'other_arguments')
  }
}

function light(answer: KeptAnswer): Outcome {
  return answer.value.json.length <= MAX_KEPT_LENGTH ? { kind: 'done', answer: ownCopy(answer) } : { kind: 'not_kept' }
}

function failureOf(error: unknown): Outcome {
  const said = error instanceof Error ? error.message : String(error)
  return {
    kind: UnknownOutcomeError.isInstance(error) ? 'unknown' : 'failed',
    said: said.slice(0, MAX_SAID_LENGTH),
  }
}

function repeat(outcome: Exclude<Outcome, { kind: 'nothing' }>, { tool, idempotencyKey }: EffectCall): KeptAnswer {
  if (outcome.kind === 'done') return ownCopy(outcome.answer)
  const said = 'said' in outcome ? outcome.said : undefined
  const duplicate = new DuplicateCallError(tool, idempotencyKey, outcome.kind, said)
  if (outcome.kind !== 'unknown') throw duplicate
  throw new UnknownOutcomeError(tool, { idempotencyKey, causes: [{ tool, error: duplicate }] })
}

/** Leaves the first call to itself when the second is ended. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const letGo = onAbort(signal, reject)
    promise.then(resolve, reject).finally(letGo)
  })
}
