import { untilAborted } from '../on-abort.ts'
import { RepairableError } from '../repair/index.ts'
import { fingerprintOf, hashOf } from './canonical-json.ts'
import type { CheckedAnswer } from './checked-result.ts'
import { DuplicateCallError } from './duplicate-call-error.ts'
import type { Watch } from './function-run.ts'
import { isUnavailable, mayHaveHappened } from './is-unavailable.ts'
import { ownCopy } from './own-copy.ts'
import { RecentMap } from './recent-map.ts'
import type { ToolCall } from './tool-call.ts'
import { UnknownOutcomeError } from './unknown-outcome-error.ts'
import { usableResult } from './usable-result.ts'

/** A call of a tool with an effect. */
export type EffectCall = {
  /** Different for each tool, and for each caller that may see the outcome. */
  readonly key: string
  /** The key that the function gets. */
  readonly idempotencyKey: string
  readonly tool: string
  /** The MCP server that runs it. An outcome of another server is never the outcome of this call. */
  readonly server: ToolCall['server']
  readonly args: unknown
  readonly signal: AbortSignal
  /** The only caller that may call again with this key. Undefined if every caller may. */
  readonly owner: object | undefined
}

export type Act = (watch: Watch) => Promise<CheckedAnswer>

/** What a second call returns or throws. */
type Outcome =
  /** Used while the first call still runs, and for values that JSON cannot represent. */
  | { readonly kind: 'done'; readonly answer: CheckedAnswer }
  /** Stored as text, because thousands of texts cost the garbage collector less than thousands of objects. */
  | {
      readonly kind: 'written'
      readonly json: string
      /** Whether the value is the text itself. */
      readonly isText: boolean
      readonly answeredBy: string
      readonly status: CheckedAnswer['status']
    }
  | { readonly kind: 'not_kept' }
  | { readonly kind: 'failed' | 'unknown'; readonly message: string }

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

  /** Resolves with undefined if no function was started, or if each of them did nothing. */
  get outcome(): Promise<Outcome | undefined> {
    this.#ended ??= Promise.withResolvers()
    return this.#ended.promise
  }

  /** @param outcome the outcome for the calls that wait by now */
  end(outcome: Outcome | undefined): void {
    this.#ended?.resolve(outcome)
  }
}

/** What is stored of a call that has ended. */
type Ended = Known & { readonly outcome: Outcome }

/** In characters of JSON. A longer result is not stored for a second call. */
const MAX_STORED_LENGTH = 4096
const MAX_MESSAGE_LENGTH = 500

/**
 * Starts an effect at most once per key. A second call returns the outcome of the first, or throws an error that says
 * why it cannot. Only a call that did nothing may be repeated.
 */
export class EffectsOnce {
  readonly #running = new Map<string, Running>()
  readonly #ended: RecentMap<Ended>

  /** @param maxEnded the largest number of ended calls that are stored; the newest half of them is always stored */
  constructor(maxEnded: number) {
    this.#ended = new RecentMap(maxEnded)
  }

  /** Whether no call with this key is stored. */
  isNew(key: string): boolean {
    return this.#known(key) === undefined
  }

  /** Whether the stored call with this key had other arguments. */
  hadOtherArguments(call: Pick<EffectCall, 'key' | 'args'>): boolean {
    const known = this.#known(call.key)
    return known !== undefined && !hasArguments(known, call)
  }

  /** @throws DuplicateCallError or UnknownOutcomeError if the outcome of the first call cannot be returned. */
  async run(call: EffectCall, act: Act): Promise<CheckedAnswer> {
    for (;;) {
      const known = this.#known(call.key)
      if (!known) return this.start(call, act)
      refuseOtherCall(known, call)
      // Aborting the second call does not abort the first.
      const outcome = known instanceof Running ? await untilAborted(known.outcome, call.signal) : known.outcome
      if (outcome) return repeatOutcome(outcome, call)
    }
  }

  /** Runs a call whose key is new. */
  async start(call: EffectCall, act: Act): Promise<CheckedAnswer> {
    const { key, owner, server } = call
    const running = new Running({ args: argumentsOf(call), owner, server })
    this.#running.set(key, running)
    const started = new StartedFunctions()
    try {
      const answer = await act(started)
      this.#end(key, running, outcomeOf(answer))
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

/** Counts the started functions that may have had an effect. */
export class StartedFunctions implements Watch {
  readonly #next: Watch | undefined
  #count = 0

  /** @param next another watch that is notified too */
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

/**
 * Returns the arguments in their shortest form that can be compared. A text is compared as the JSON that it contains.
 */
function argumentsOf({ args }: Pick<EffectCall, 'args'>): string {
  const text = typeof args === 'string' ? args : usableResult(args, 1024 * 1024).json
  return text.length <= MAX_STORED_LENGTH ? text : fingerprintOf(text)
}

/** Returns 16 characters that identify the arguments within a key. */
export function argumentsHash(args: unknown): string {
  return hashOf(argumentsOf({ args })).slice(0, 16)
}

function hasArguments({ args }: Known, call: Pick<EffectCall, 'args'>): boolean {
  const own = argumentsOf(call)
  return own === args || fingerprintOf(own) === fingerprintOf(args)
}

function refuseOtherCall(known: Known, call: EffectCall): void {
  const { tool, idempotencyKey } = call
  if (known.server !== call.server) throw new DuplicateCallError(tool, idempotencyKey, 'other_server')
  if (known.owner !== call.owner) throw new DuplicateCallError(tool, idempotencyKey, 'outside_task')
  if (!hasArguments(known, call)) throw new DuplicateCallError(tool, idempotencyKey, 'other_arguments')
}

function outcomeOf(answer: CheckedAnswer): Outcome {
  const { status, answeredBy } = answer
  const { value, json, isWritten } = answer.value
  if (json.length > MAX_STORED_LENGTH) return { kind: 'not_kept' }
  const isText = typeof value === 'string'
  if (!isWritten || value === undefined) return { kind: 'done', answer: ownCopy(answer) }
  return { kind: 'written', json, isText, answeredBy, status }
}

function failureOf(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error)
  return {
    kind: UnknownOutcomeError.isInstance(error) ? 'unknown' : 'failed',
    message: message.slice(0, MAX_MESSAGE_LENGTH),
  }
}

function repeatOutcome(outcome: Outcome, call: EffectCall): CheckedAnswer {
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
    'message' in outcome ? outcome.message : undefined,
  )
  if (outcome.kind !== 'unknown') throw duplicate
  throw new UnknownOutcomeError(tool, { idempotencyKey, causes: [{ tool, error: duplicate }] })
}
