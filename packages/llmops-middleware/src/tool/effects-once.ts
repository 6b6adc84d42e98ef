import { untilAborted } from '../on-abort.ts'
import { RepairableError } from '../repair/index.ts'
import { fingerprintOf, hashOf } from './canonical-json.ts'
import { DuplicateCallError } from './duplicate-call-error.ts'
import type { Watch } from './function-run.ts'
import { isUnavailable, mayHaveHappened } from './is-unavailable.ts'
import type { KeptAnswer } from './keep-result.ts'
import { ownCopy } from './own-copy.ts'
import { RecentMap } from './recent-map.ts'
import type { ToolCall } from './tool-call.ts'
import { UnknownOutcomeError } from './unknown-outcome-error.ts'
import { usableResult } from './usable-result.ts'

/** A call of a tool with an effect. */
export type EffectCall = {
  /** Another one for each tool, and for each who may see the outcome. */
  readonly key: string
  /** What the function is told. */
  readonly idempotencyKey: string
  readonly tool: string
  /** Who runs it: nothing that another server did is an outcome of this call. */
  readonly server: ToolCall['server']
  readonly args: unknown
  readonly signal: AbortSignal
  /** Who alone may call again with this key. Undefined when anybody may. */
  readonly owner: object | undefined
}

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
      /** Whether the value is the text itself. */
      readonly isText: boolean
      readonly answeredBy: string
      readonly status: KeptAnswer['status']
    }
  | { readonly kind: 'not_kept' }
  | { readonly kind: 'failed' | 'unknown'; readonly said: string }

type Known = { readonly args: string; readonly owner: object | undefined; readonly server: ToolCall['server'] }

class Running implements Known {
  readonly args: string
  readonly owner: object | undefined
  readonly server: ToolCall['server']
  #ended: PromiseWithResolvers<Outcome | undefined> | undefined

  constructor({ args, owner, server }: Known) {
    this.args = args
    this.owner = owner
    this.server = server
  }

  /** Resolves with nothing when no function was started, or each said that it did nothing. */
  get outcome(): Promise<Outcome | undefined> {
    this.#ended ??= Promise.withResolvers()
    return this.#ended.promise
  }

  /** @param outcome what those get who wait for it by now. */
  end(outcome: Outcome | undefined): void {
    this.#ended?.resolve(outcome)
  }
}

/** What is remembered of a call. */
type Ended = Known & { readonly outcome: Outcome }

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

  /** Whether no call with this key is remembered. */
  isNew(key: string): boolean {
    return this.#known(key) === undefined
  }

  /** Whether the call with this key that is remembered had other arguments. */
  hadOther(call: Pick<EffectCall, 'key' | 'args'>): boolean {
    const known = this.#known(call.key)
    return known !== undefined && !hasArguments(known, call)
  }

  /** @throws DuplicateCallError, or UnknownOutcomeError, where the first call has no outcome to give. */
  async run(call: EffectCall, act: Act): Promise<KeptAnswer> {
    for (;;) {
      const known = this.#known(call.key)
      if (!known) return this.start(call, act)
      refuseOther(known, call)
      // The first call is left to itself when the second is ended.
      const outcome = known instanceof Running ? await untilAborted(known.outcome, call.signal) : known.outcome
      if (outcome) return repeat(outcome, call)
    }
  }

  /** Runs a call that is new. */
  async start(call: EffectCall, act: Act): Promise<KeptAnswer> {
    const { key, owner, server } = call
    const running = new Running({ args: argumentsOf(call), owner, server })
    this.#running.set(key, running)
    const started = new StartedFunctions()
    try {
      const answer = await act(started)
      this.#end(key, running, lightly(answer))
      running.end({ kind: 'done', answer })
      return answer
    } catch (error) {
      const outcome = started.mayHaveActed ? failureOf(error) : undefined
      this.#end(key, running, outcome)
      running.end(outcome)
      throw error
    }
  }

  #known(key: string): Ended | Running | undefined {
    return this.#ended.get(key) ?? this.#running.get(key)
  }

  #end(key: string, { args, owner, server }: Running, outcome: Outcome | undefined): void {
    this.#running.delete(key)
    if (outcome) this.#ended.set(key, { args, owner, server, outcome })
  }
}

/** Counts those of which it is not certain that they did nothing. */
export class StartedFunctions implements Watch {
  readonly #next: Watch | undefined
  #count = 0

  /** @param next who hears of them too. */
  constructor(next?: Watch) {
    this.#next = next
  }

  started(): void {
    this.#count++
    this.#next?.started()
  }

  failed(error: unknown): void {
    if (didNothing(error)) this.#count--
    this.#next?.failed(error)
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
  if (known.server !== call.server) throw new DuplicateCallError(tool, idempotencyKey, 'other_server')
  if (known.owner !== call.owner) throw new DuplicateCallError(tool, idempotencyKey, 'outside_task')
  if (!hasArguments(known, call)) throw new DuplicateCallError(tool, idempotencyKey, 'other_arguments')
}

function lightly(answer: KeptAnswer): Outcome {
  const { status, answeredBy } = answer
  const { value, json, isWritten } = answer.value
  if (json.length > MAX_KEPT_LENGTH) return { kind: 'not_kept' }
  const isText = typeof value === 'string'
  if (!isWritten || value === undefined) return { kind: 'done', answer: ownCopy(answer) }
  return { kind: 'written', json, isText, answeredBy, status }
}

function failureOf(error: unknown): Outcome {
  const said = error instanceof Error ? error.message : String(error)
  return {
    kind: UnknownOutcomeError.isInstance(error) ? 'unknown' : 'failed',
    said: said.slice(0, MAX_SAID_LENGTH),
  }
}

function repeat(outcome: Outcome, call: EffectCall): KeptAnswer {
  if (outcome.kind === 'done') return ownCopy(outcome.answer)
  if (outcome.kind === 'written') {
    const { json, isText, status, answeredBy } = outcome
    return { value: { value: isText ? json : JSON.parse(json), json, isWritten: true }, status, answeredBy }
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
