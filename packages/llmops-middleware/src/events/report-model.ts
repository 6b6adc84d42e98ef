import { CallNotes } from '../call-notes.ts'
import type { ModelFailure } from '../failure-class.ts'
import type { Completion, ModelCall, ModelResult } from '../model/index.ts'
import { isError } from '../read-safely.ts'
import { outermostOf } from '../task.ts'
import { usdFromNanos, ZERO } from '../usd.ts'
import { errorChain } from './error-facts.ts'
import type { ModelAttempt, ModelCallEnded } from './event.ts'
import type { EventStream } from './event-stream.ts'
import { type Hide, hiderOf } from './hide-content.ts'
import { sentenceOf } from './sentence.ts'
import { type Place, placeOf, traceFactsOf } from './trace-facts.ts'

let calls = 0

/** The facts of a call that has ended. */
export type EndedCall = {
  readonly result: ModelResult | undefined
  readonly completion: Completion
  readonly durationMs: number
  readonly isLate: boolean
  readonly failure: ModelFailure | undefined
}

/** Reports one model call. */
export class ModelReport {
  readonly notes = new CallNotes()
  readonly #events: EventStream
  readonly #call: ModelCall
  readonly #place: Place | undefined
  readonly #startedAtMs = Date.now()
  readonly #number = ++calls

  constructor(events: EventStream, call: ModelCall, span: Place | undefined) {
    this.#events = events
    this.#call = call
    this.#place = placeOf(span)
    if (events.hasListenerForEverything) events.emit(() => ({ type: 'model_call_began', ...this.#facts }), false)
  }

  ended(ended: EndedCall): void {
    const isTrouble = this.#isTrouble(ended)
    if (isTrouble || this.#events.hasListenerForEverything) this.#events.emit(() => this.#eventOf(ended), isTrouble)
  }

  /** Whether the event is of interest to listeners for trouble. An abort by the caller is not. */
  #isTrouble({ completion: { status }, isLate }: EndedCall): boolean {
    const { budget, fault, attempts } = this.notes
    if (budget !== 'allow' || fault !== undefined || isLate || (attempts && attempts.length > 1)) return true
    return status === 'failed' || status === 'refused' || status === 'broken'
  }

  get #facts() {
    const { tenant, task, provider, format, requestedModel, isStream } = this.#call
    const taskId = outermostOf(task)?.id
    return {
      callId: `model-${this.#number}`,
      ...(taskId !== undefined && { taskId }),
      tenant,
      startedAtMs: this.#startedAtMs,
      provider,
      operation: format.operation,
      requestedModel,
      isStream,
      ...traceFactsOf(this.#place),
    }
  }

  #eventOf({ result, completion, durationMs, isLate, failure }: EndedCall): ModelCallEnded {
    const { usage, costNanos, unknownNanos = ZERO, responseModel, finishReasons, timeToFirstTokenMs } = completion
    const { budget, fault } = this.notes
    const hide = hiderOfModel(this.#call)
    const sentence = failure && sentenceOf(result, completion)
    return {
      type: 'model_call_ended',
      ...this.#facts,
      model: result?.model ?? this.#call.model,
      ...(responseModel !== undefined && { responseModel }),
      outcome: completion.status,
      ...(result && { status: result.status }),
      attempts: this.#attemptsOf(result, completion, durationMs, hide),
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      ...(usage.cachedInputTokens !== undefined && { cachedInputTokens: usage.cachedInputTokens }),
      costUsd: usdFromNanos(costNanos),
      unknownUsd: usdFromNanos(unknownNanos),
      budget,
      ...(result?.clampedToTokens !== undefined && { clampedToTokens: result.clampedToTokens }),
      ...(finishReasons && { finishReasons }),
      ...(fault !== undefined && { fault }),
      ...(failure && { code: failure.reason, class: failure.class }),
      ...(sentence !== undefined && { sentence: hide(sentence) }),
      errors: isError(completion.error) ? errorChain(completion.error, hide) : [],
      isLate,
      durationMs,
      ...(timeToFirstTokenMs !== undefined && { firstTokenMs: timeToFirstTokenMs }),
    }
  }

  #attemptsOf(
    result: ModelResult | undefined,
    { status, error }: Completion,
    durationMs: number,
    hide: Hide,
  ): readonly ModelAttempt[] {
    const { attempts } = this.notes
    if (attempts) {
      return attempts.map(({ status, error, delayMs, ...attempt }) => ({
        ...attempt,
        ...(status !== undefined && { status }),
        ...(delayMs !== undefined && { delayMs }),
        errors: errorChain(error, hide),
      }))
    }
    // A call that was refused made no attempt.
    if (status === 'refused') return []
    const { request, model } = this.#call
    return [
      {
        target: request.url.host,
        model: result?.model ?? model,
        outcome: status === 'completed' || status === 'aborted' ? 'answered' : 'failed',
        ...(result && { status: result.status }),
        errors: isError(error) ? errorChain(error, hide) : [],
        durationMs,
      },
    ]
  }
}

/** Returns a function that hides the content of the request and its credentials. */
export function hiderOfModel({ request, task }: ModelCall): Hide {
  return hiderOf({ content: request.body, length: request.text.length, headers: request.headers, task })
}

/** Returns undefined if there is no listener. */
export function reportModelCall(
  events: EventStream | undefined,
  call: ModelCall,
  span: Place | undefined,
): ModelReport | undefined {
  return events?.hasListener ? new ModelReport(events, call, span) : undefined
}
