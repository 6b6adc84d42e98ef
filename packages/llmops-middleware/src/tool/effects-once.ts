import { untilAborted } from '../on-abort.ts'
import { RepairableError } from '../repair/index.ts'
import { fingerprintOf, hashOf } from './canonical-json.ts'
import { DuplicateCallError } from './duplicate-call-error.ts'
import { isUnavailable, mayHaveHappened } from './is-unavailable.ts'
import type { KeptAnswer } from './keep-result.ts'
import { ownCopy } from './own-copy.ts'
import { RecentMap } from './recent-map.ts'
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

/** What a second call gets. */
type Outcome =
  /** While the first call still runs, and where JSON does not say its value. */
  | { readonly kind: 'done'; readonly answer: KeptAnswer }
  /** Thousands of texts are less for a garbage collector than what they say. */
  | {
      readonly kind: 'written'
      readonly json: string
      readonly answeredBy: string
      readonly status: KeptAnswer['status']
    }
  | { readonly kind: 'not_kept' }
  | { readonly kind: 'failed' | 'unknown'; readonly said: string }

type Known = { readonly args: string; readonly owner: object | undefined }
type Ended = Known & Outcome
/** Resolves with nothing when no function was started, or each said that it did nothing. */
type Running = Known & { readonly outcome: PromiseWithResolvers<Outcome | undefined> }

/** In characters of JSON: a longer result is not kept for a second call. */
const MAX_KEPT_LENGTH = 4096
const MAX_SAID_LENGTH = 500

/**
 * Starts an effect at most once for one key. A second call gets the outcome of the first, or an error that says why it
 * does not. Only a call that did nothing may be made again.
 */
export class EffectsOnce {
  readonly #running = new Map<string, Running>()
  readonly #ended: RecentMap<Ended>

  /** @param maxEnded how many calls are remembered at the most once they have ended: the newest, at least half of it. */
  constructor(maxEnded: number) {
    this.#ended = new RecentMap(maxEnded)
  }

  /** Whether a call with this key is known that had other arguments. */
  knowsOther(call: Pick<EffectCall, 'key' | 'args'>): boolean {
    const known = this.#ended.get(call.key) ?? this.#running.get(call.key)
    return known !== undefined && !hasArguments(known, call)
  }

  /** @throws DuplicateCallError, or UnknownOutcomeError, where the first call has no outcome to give. */
  async run(call: EffectCall, act: Act): Promise<KeptAnswer> {
    for (;;) {
      const ended = this.#ended.get(call.key)
      if (ended) return repeat(ended, ended, call)
      const running = this.#running.get(call.key)
      if (!running) return this.#start(call, act)
      refuseOther(running, call)
      // The first call is left to itself when the second is ended.
      const outcome = await untilAborted(running.outcome.promise, call.signal)
      if (outcome) return repeat(running, outcome, call)
    }
  }

  async #start(call: EffectCall, act: Act): Promise<KeptAnswer> {
    const { key, owner } = call
    const running: Running = { args: argumentsOf(call), owner, outcome: Promise.withResolvers() }
    this.#running.set(key, running)
    const started = new StartedFunctions()
    try {
      const answer = await act(started.watch)
      this.#end(key, running, lightly(answer))
      running.outcome.resolve({ kind: 'done', answer })
      return answer
    } catch (error) {
      const outcome = started.mayHaveActed ? failureOf(error) : undefined
      this.#end(key, running, outcome)
      running.outcome.resolve(outcome)
      throw error
    }
  }

  #end(key: string, { args, owner }: Running, outcome: Outcome | undefined): void {
    this.#running.delete(key)
    if (outcome) this.#ended.set(key, { args, owner, ...outcome })
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
function argumentsOf({ args }: Pick<EffectCall, 'args'>): string {
  const text = typeof args === 'string' ? args : usableResult(args, 1024 * 1024).json
  return text.length <= MAX_KEPT_LENGTH ? text : fingerprintOf(text)
}

/** 16 characters that stand for arguments in a key. */
export function argumentsHash(args: unknown): string {
  return hashOf(argumentsOf({ args })).slice(0, 16)
}

function hasArguments({ args }: Known, call: Pick<EffectCall, 'args'>): boolean {
  const own = argumentsOf(call)
  return own === args || fingerprintOf(own) === fingerprintOf(args)
}

function refuseOther(known: Known, call: EffectCall): void {
  const { tool, idempotencyKey } = call
  if (known.owner !== call.owner) throw new DuplicateCallError(tool, idempotencyKey, 'outside_task')
  if (!hasArguments(known, call)) throw new DuplicateCallError(tool, idempotencyKey, 'other_arguments')
}

function lightly(answer: KeptAnswer): Outcome {
  const { value, json, isWritten } = answer.value
  if (json.length > MAX_KEPT_LENGTH) return { kind: 'not_kept' }
  if (!isWritten || typeof value !== 'object') return { kind: 'done', answer: ownCopy(answer) }
  return { kind: 'written', json, answeredBy: answer.answeredBy, status: answer.status }
}

function failureOf(error: unknown): Outcome {
  const said = error instanceof Error ? error.message : String(error)
  return {
    kind: UnknownOutcomeError.isInstance(error) ? 'unknown' : 'failed',
    said: said.slice(0, MAX_SAID_LENGTH),
  }
}

function repeat(earlier: Known, outcome: Outcome, call: EffectCall): KeptAnswer {
  refuseOther(earlier, call)
  if (outcome.kind === 'done') return ownCopy(outcome.answer)
  if (outcome.kind === 'written') {
    const { json, status, answeredBy } = outcome
    return { value: { value: JSON.parse(json), json, isWritten: true }, status, answeredBy }
  }
  const { tool, idempotencyKey } = call
  const duplicate = new DuplicateCallError(
    tool,
    idempotencyKey,
    outcome.kind,
    'said' in outcome ? outcome.said : undefined,
  )
  if (outcome.kind !== 'unknown') throw duplicate
  throw new UnknownOutcomeError(tool, { idempotencyKey, causes: [{ tool, error: duplicate }] })
}
