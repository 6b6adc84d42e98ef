import { type EventStream, reportModelCall } from '../events/index.ts'
import type { ModelFailure } from '../failure-class.ts'
import { currentMeter } from '../meter.ts'
import {
  type Completion,
  type ModelCall,
  type ModelLayer,
  type ModelResult,
  type PendingCharge,
  sumOf,
  unbilled,
} from '../model/index.ts'
import { lifeOf, recordOf } from '../task.ts'
import { type Nanos, usdFromNanos, ZERO } from '../usd.ts'
import { modelFailureOf } from './model-failure.ts'
import { ModelSpans } from './model-span.ts'
import { type ObserveOptions, readObserveOptions } from './observe-options.ts'
import type { Sli } from './sli.ts'

/**
 * Creates a `chat {model}` span for each model call, and records tokens and cost once, after the last byte, because the
 * cost of a stream is not known before.
 */
export function observeModel(sli: Sli, options: ObserveOptions = {}, events?: EventStream): ModelLayer {
  const { tracerNow, now, settings } = readObserveOptions(options)
  const spans = new ModelSpans(tracerNow, settings)
  return async (call, next) => {
    const startedAtMs = now()
    const isLate = lifeOf(call.task)?.isLate ?? false
    if (isLate) countLate(sli, call)
    const span = spans.start(call)
    const report = reportModelCall(events, call, span)
    let left: Completion | undefined
    const onLeft = (completion: Completion) => {
      left = left ? sumOf([completion, left]) : completion
      call.onLeft?.(completion)
    }
    const end = (result: ModelResult | undefined, ended: Completion) => {
      const completion = left ? sumOf([ended, left]) : ended
      const durationMs = now() - startedAtMs
      const failure = modelFailureOf(result, completion)
      sli.modelCallEnded(call, result, completion, durationMs)
      countInTask(call, completion, failure)
      if (completion.pending) correctLater(sli, completion.pending, call, result?.model ?? call.model)
      report?.ended({ result, completion, durationMs, isLate, failure })
      span?.end(result, completion)
    }
    const watched = { ...call, onLeft, notes: report?.notes }
    try {
      const result = await (span ? span.run(() => next(watched)) : next(watched))
      // It never rejects. It is not awaited, because the caller reads the body meanwhile.
      void result.completion.then((completion) => end(result, completion))
      return span ? span.answered(result) : result
    } catch (error) {
      end(undefined, { ...unbilled('failed', error), usageSource: 'unknown' })
      throw error
    }
  }
}

/** The record of the task was closed before the call. The call is charged, but counts in no task. */
function countLate(sli: Sli, { tenant, task }: ModelCall): void {
  sli.calledLate(tenant)
  recordOf(task)!.count('lateCalls')
}

function countInTask(call: ModelCall, completion: Completion, failure: ModelFailure | undefined): void {
  const { status, usage, costNanos, unknownNanos } = completion
  const record = recordOf(call.task)
  // It is not known whether a call that its caller aborted would have been answered.
  const isLeft = status === 'aborted' || (status !== 'refused' && call.signal.aborted)
  if (!isLeft) record?.modelEnded(failure)
  if (status === 'refused') return
  currentMeter()?.count(usage.inputTokens + usage.outputTokens, costNanos)
  if (!record) return
  record.count('modelCalls')
  record.outermost.provider ??= call.provider
  record.count('inputTokens', usage.inputTokens)
  record.count('outputTokens', usage.outputTokens)
  record.count('costNanos', costNanos)
  if (unknownNanos) record.count('unknownNanos', unknownNanos)
}

/** A background response was charged with its hold. Its real cost may be reported later. */
function correctLater(sli: Sli, pending: PendingCharge, { tenant, task }: ModelCall, model: string): void {
  const record = recordOf(task)
  // Only this part of the call is retained, because there may be many, for a long time.
  pending.onKnown(correction({ sli, pending, tenant, model, record }))
}

type Corrected = {
  readonly sli: Sli
  readonly pending: PendingCharge
  readonly tenant: string
  readonly model: string
  readonly record: ReturnType<typeof recordOf>
}

function correction({ sli, pending, tenant, model, record }: Corrected): (known: Completion) => void {
  return ({ usage, costNanos }) => {
    const { counted } = pending
    const moreNanos = (costNanos - counted.costNanos) as Nanos
    // A counter cannot be decreased.
    if (moreNanos > 0) sli.charged(tenant, model, usdFromNanos(moreNanos))
    record?.count('inputTokens', usage.inputTokens - counted.usage.inputTokens)
    record?.count('outputTokens', usage.outputTokens - counted.usage.outputTokens)
    record?.count('costNanos', moreNanos)
    record?.count('unknownNanos', -(counted.unknownNanos ?? ZERO))
  }
}
