import { type Attributes, context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { errorTypeOf } from '../error-type.ts'
import { type EventStream, hiderOfTool, reportToolCall } from '../events/index.ts'
import { classOfReason } from '../failure-class.ts'
import { RepairFailedError } from '../repair/index.ts'
import { reasonOf, recordOf } from '../task.ts'
import type { ToolCall, ToolLayer, ToolResult } from '../tool/index.ts'
import { takeToolAttributes } from '../tool-span-attributes.ts'
import { identityOf } from './agent-identity.ts'
import { toolArguments, toolResult } from './content/index.ts'
import { type ObserveOptions, readObserveOptions } from './observe-options.ts'
import { recordError } from './record-error.ts'
import type { Sli } from './sli.ts'
import type { SpanSettings } from './span-options.ts'

/**
 * Creates an `execute_tool {name}` span for each tool call, and records whether it succeeded and which function
 * answered.
 */
export function observeTool(sli: Sli, options: ObserveOptions = {}, events?: EventStream): ToolLayer {
  const { tracerNow, now, settings } = readObserveOptions(options)
  return async (call, next) => {
    const tracer = tracerNow()
    const { inside, attributes } = tracer ? takeToolAttributes(context.active()) : NOTHING_AROUND
    const span = tracer?.startSpan(`execute_tool ${call.tool}`, {
      attributes: { ...attributesOf(call, settings), ...attributes },
    })
    const startedAtMs = now()
    const report = reportToolCall(events, call, span)
    const watched = report ? { ...call, notes: report.notes } : call
    recordOf(call.task)?.count('toolCalls')
    try {
      const result = await (span ? context.with(trace.setSpan(inside, span), next, undefined, watched) : next(watched))
      if (result.status === 'fallback') recordOf(call.task)?.count('fallbacks')
      const durationMs = now() - startedAtMs
      sli.toolCallEnded(call.tool, result.status, durationMs)
      report?.ended(result, durationMs)
      if (span) showAnswer(span, result, settings)
      return result
    } catch (error) {
      const errorType = errorTypeOf(error)
      const reason = reasonOf(error, call)
      const isOfCaller = call.writtenBy === 'caller' && RepairFailedError.isInstance(error)
      const failureClass = isOfCaller ? 'caller' : classOfReason(reason, recordOf(call.task))
      const durationMs = now() - startedAtMs
      sli.toolCallEnded(call.tool, 'error', durationMs, errorType, failureClass)
      report?.ended({ status: 'error', error, code: errorType, class: failureClass ?? 'agent' }, durationMs)
      if (span) showError(span, error, errorType, call)
      throw error
    } finally {
      span?.end()
    }
  }
}

const NOTHING_AROUND = { inside: ROOT_CONTEXT, attributes: undefined }

function attributesOf(call: ToolCall, settings: SpanSettings): Attributes {
  const { maxContentLength } = settings
  return {
    'gen_ai.operation.name': 'execute_tool',
    ...identityOf(call.task, settings),
    'gen_ai.tool.name': call.tool,
    'gen_ai.tool.call.id': call.id,
    'gen_ai.tool.type': 'function',
    'agent.tool.effect': call.effect,
    ...(maxContentLength !== undefined && toolArguments(call.args, maxContentLength)),
  }
}

function showAnswer(span: Span, { status, answeredBy, value }: ToolResult, { maxContentLength }: SpanSettings): void {
  span.setAttribute('agent.tool.status', status)
  span.setAttribute('agent.tool.answered_by', answeredBy)
  if (maxContentLength !== undefined && span.isRecording()) span.setAttributes(toolResult(value, maxContentLength))
}

function showError(span: Span, error: unknown, errorType: string, call: ToolCall): void {
  span.setAttribute('agent.tool.status', 'error')
  span.setAttribute('error.type', errorType)
  span.setStatus({ code: SpanStatusCode.ERROR, message: errorType })
  recordError(span, error, () => hiderOfTool(call))
}
