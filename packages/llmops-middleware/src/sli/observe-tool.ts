import { SpanStatusCode } from '@opentelemetry/api'
import { type EventStream, reportToolCall } from '../events/index.ts'
import { classOfReason } from '../failure-class.ts'
import { RepairFailedError } from '../repair/index.ts'
import { reasonOf, recordOf } from '../task.ts'
import type { ToolLayer } from '../tool/index.ts'
import { errorTypeOf } from './error-type.ts'
import { type ObserveOptions, readObserveOptions } from './observe-options.ts'
import type { Sli } from './sli.ts'

/** Gives each tool call an `execute_tool {name}` span and records whether it worked, and who answered. */
export function observeTool(sli: Sli, options: ObserveOptions = {}, events?: EventStream): ToolLayer {
  const { tracerNow, now } = readObserveOptions(options)
  return (call, next) => {
    const attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': call.tool,
      'gen_ai.tool.call.id': call.id,
      'gen_ai.tool.type': 'function',
      'agent.tool.effect': call.effect,
    }
    return tracerNow().startActiveSpan(`execute_tool ${call.tool}`, { attributes }, async (span) => {
      const startedAtMs = now()
      const report = reportToolCall(events, call, span)
      recordOf(call.task)?.count('toolCalls')
      try {
        const result = await next(report ? { ...call, notes: report.notes } : call)
        if (result.status === 'fallback') recordOf(call.task)?.count('fallbacks')
        const durationMs = now() - startedAtMs
        sli.toolCallEnded(call.tool, result.status, durationMs)
        report?.ended(result, durationMs)
        span.setAttribute('agent.tool.status', result.status)
        span.setAttribute('agent.tool.answered_by', result.answeredBy)
        return result
      } catch (error) {
        const errorType = errorTypeOf(error)
        const reason = reasonOf(error, call)
        const isOfCaller = call.writtenBy === 'caller' && RepairFailedError.isInstance(error)
        const failureClass = isOfCaller ? 'caller' : classOfReason(reason, recordOf(call.task))
        const durationMs = now() - startedAtMs
        sli.toolCallEnded(call.tool, 'error', durationMs, errorType, failureClass)
        report?.ended({ status: 'error', error, code: errorType, class: failureClass ?? 'agent' }, durationMs)
        span.setAttribute('agent.tool.status', 'error')
        span.setAttribute('error.type', errorType)
        span.setStatus({ code: SpanStatusCode.ERROR, message: errorType })
        if (error instanceof Error) span.recordException(error)
        throw error
      } finally {
        span.end()
      }
    })
  }
}
