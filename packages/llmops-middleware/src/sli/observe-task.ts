import { type Span, SpanStatusCode } from '@opentelemetry/api'
import type { Task, TaskObserver } from '../task.ts'
import { type ObserveOptions, readObserveOptions } from './observe-options.ts'
import type { Sli } from './sli.ts'

/** Runs each task inside an `invoke_agent {name}` span and records how it ended, how long it took and what it cost. */
export function observeTask(sli: Sli, options: ObserveOptions = {}): TaskObserver {
  const { tracerNow, now } = readObserveOptions(options)
  return (task, run) => {
    const attributes = {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': task.name,
      'agent.task.id': task.id,
      'agent.tenant': task.tenant,
    }
    return tracerNow().startActiveSpan(`invoke_agent ${task.name}`, { attributes }, async (span) => {
      const startedAtMs = now()
      try {
        return await run()
      } catch (error) {
        if (error instanceof Error) span.recordException(error)
        throw error
      } finally {
        recordEnd(sli, task, now() - startedAtMs)
        endSpan(span, task)
      }
    })
  }
}

function recordEnd(sli: Sli, { tenant, name, outcome, totals }: Task, latencyMs: number): void {
  sli.taskEnded({
    tenant,
    name,
    outcome: outcome?.status === 'failure' ? { failure: outcome.reason } : 'success',
    latencyMs,
    costUsd: totals.costUsd,
    modelCalls: totals.modelCalls,
    toolCalls: totals.toolCalls,
  })
}

function endSpan(span: Span, { outcome, totals }: Task): void {
  if (span.isRecording()) {
    span.setAttributes({
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
    if (outcome?.status === 'failure') {
      span.setAttribute('error.type', outcome.reason)
      span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.reason })
    }
  }
  span.end()
}
