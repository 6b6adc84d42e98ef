import { type Attributes, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { type EventStream, hiderIn, reportTask } from '../events/index.ts'
import { lifeOf, recordOf, type Task, type TaskObserver } from '../task.ts'
import { identityOf } from './agent-identity.ts'
import { emitEvaluation } from './evaluation-event.ts'
import { providerAttributes } from './gen-ai-instruments.ts'
import { type ObserveOptions, readObserveOptions } from './observe-options.ts'
import { recordError } from './record-error.ts'
import type { Sli, TaskFailure } from './sli.ts'
import type { SpanSettings } from './span-options.ts'

/**
 * Runs each task inside an `invoke_agent {name}` span. Records how it ended, how long it took and what it cost, once
 * nothing in it is open.
 */
export function observeTask(sli: Sli, options: ObserveOptions = {}, events?: EventStream): TaskObserver {
  const { tracerNow, now, settings } = readObserveOptions(options)
  return (task, run) => {
    const tracer = tracerNow()
    const span = tracer?.startSpan(`invoke_agent ${task.name}`, { attributes: attributesOf(task, settings) })
    const startedAtMs = now()
    const record = recordOf(task)!
    record.onEvaluation = (evaluation, conversationId) =>
      emitEvaluation(evaluation, identityOf(task, settings, conversationId), span)
    const ended = reportTask(events, task, span)
    lifeOf(task)!.whenClosed((restedMs) => {
      const { error } = record
      recordError(span, error, () => hiderIn(task))
      const latencyMs = now() - startedAtMs - restedMs
      recordEnd(sli, task, latencyMs)
      ended?.(latencyMs)
      if (span) endSpan(span, task, settings)
    })
    return span ? context.with(trace.setSpan(context.active(), span), run) : run()
  }
}

function attributesOf(task: Task, settings: SpanSettings): Attributes {
  return {
    'gen_ai.operation.name': 'invoke_agent',
    ...identityOf(task, settings),
    'agent.task.id': task.id,
    'agent.tenant': task.tenant,
  }
}

function recordEnd(sli: Sli, task: Task, latencyMs: number): void {
  const { tenant, name } = task
  const totals = recordOf(task)!.totalsNow
  sli.taskEnded({
    tenant,
    name,
    outcome: failureOf(task) ?? 'success',
    latencyMs,
    costUsd: totals.costUsd,
    modelCalls: totals.modelCalls,
    toolCalls: totals.toolCalls,
  })
}

function failureOf(task: Task): Required<TaskFailure> | undefined {
  const { outcome } = task
  if (outcome?.status !== 'failure') return undefined
  return { failure: outcome.reason, class: recordOf(task)?.failureClass ?? 'agent' }
}

function endSpan(span: Span, task: Task, { conventions }: SpanSettings): void {
  if (span.isRecording()) {
    const { provider, totalsNow: totals } = recordOf(task)!
    span.setAttributes({
      ...(provider !== undefined && providerAttributes(provider, conventions)),
      'agent.cost.usd': totals.costUsd,
      'agent.model.calls': totals.modelCalls,
      'agent.tool.calls': totals.toolCalls,
      'agent.repairs': totals.repairs,
      'agent.fallbacks': totals.fallbacks,
      'agent.clamps': totals.clamps,
      'agent.downshifts': totals.downshifts,
      'agent.retries': totals.retries,
      'gen_ai.usage.input_tokens': totals.inputTokens,
      'gen_ai.usage.output_tokens': totals.outputTokens,
    })
    const failure = failureOf(task)
    if (failure) {
      span.setAttribute('error.type', failure.failure)
      span.setAttribute('agent.failure.class', failure.class)
      span.setStatus({ code: SpanStatusCode.ERROR, message: failure.failure })
    }
  }
  span.end()
}
