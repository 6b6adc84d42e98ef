import type { Decision, ErrorSummary, ModelCallEnded, OpsEvent, TaskEnded, ToolCallEnded } from '../events/index.ts'
import type { LogFields, LogLevel } from './logger.ts'

export type Line = { readonly level: LogLevel; readonly fields: LogFields; readonly message: string }

/** Returns the line of an event; undefined for an event that is not logged. */
export function lineOf(event: OpsEvent): Line | undefined {
  switch (event.type) {
    case 'task_ended':
      return event.outcome === 'failure' ? taskLine(event) : undefined
    case 'model_call_ended':
      return modelLine(event)
    case 'tool_call_ended':
      return event.status === 'ok' && event.fault === undefined ? undefined : toolLine(event)
    case 'decision':
      return event.kind === 'charged' ? undefined : decisionLine(event)
    default:
      return undefined
  }
}

function taskLine(event: TaskEnded): Line {
  const { name, tenant, reason = 'error', class: failureClass = 'agent', errors, latencyMs, totals } = event
  const { modelCalls, toolCalls, costUsd } = totals
  return {
    level: failureClass === 'caller' ? 'warn' : 'error',
    fields: {
      event: 'task_failed',
      ...whereOf(event),
      task: name,
      code: reason,
      class: failureClass,
      ...causesOf(errors),
      latencyMs: Math.round(latencyMs),
      modelCalls,
      toolCalls,
      costUsd,
    },
    message: sentence(`Task '${name}' of ${tenant} failed with ${reason}`, errors[0]?.message),
  }
}

function modelLine(event: ModelCallEnded): Line | undefined {
  const told = whatHappened(event)
  if (!told) return undefined
  const { tenant, model, requestedModel, class: failureClass, sentence: said, errors, status, attempts } = event
  const { budget, clampedToTokens, fault, costUsd, durationMs } = event
  return {
    level: 'warn',
    fields: {
      event: told.event,
      ...whereOf(event),
      code: told.code,
      ...(failureClass !== undefined && { class: failureClass }),
      model,
      ...(model !== requestedModel && { requestedModel }),
      ...(status !== undefined && { status }),
      ...(said !== undefined && { sentence: said }),
      ...causesOf(errors),
      ...(attempts.length > 1 && { attempts }),
      ...(budget !== 'allow' && { budget }),
      ...(clampedToTokens !== undefined && { clampedToTokens }),
      ...(fault !== undefined && { fault }),
      costUsd,
      durationMs: Math.round(durationMs),
    },
    message: sentence(`A call of ${tenant} to ${model} ${told.verb}`, said ?? errors[0]?.message),
  }
}

type Happened = { readonly event: string; readonly code: string; readonly verb: string }

/** Returns the most serious thing that happened to the call. */
function whatHappened(event: ModelCallEnded): Happened | undefined {
  const { outcome, code = 'error', budget, attempts, fault, isLate, requestedModel, clampedToTokens } = event
  if (outcome === 'refused') return { event: 'call_refused', code, verb: `was refused with ${code}` }
  if (outcome === 'failed') return { event: 'call_failed', code, verb: `failed with ${code}` }
  if (outcome === 'broken') return { event: 'call_cut', code, verb: `was cut with ${code}` }
  if (attempts.length > 1) {
    const verb = `was answered by ${attempts.at(-1)!.target} after ${attempts.length - 1} other attempts`
    return { event: 'call_rerouted', code: 'rerouted', verb }
  }
  if (budget === 'downshift') {
    return { event: 'call_downshifted', code: 'downshifted', verb: `was downshifted from ${requestedModel}` }
  }
  if (budget === 'clamp') {
    const to = clampedToTokens === undefined ? '' : ` to ${clampedToTokens} output tokens`
    return { event: 'call_clamped', code: 'clamped', verb: `was clamped${to}` }
  }
  if (fault !== undefined) return { event: 'call_hit', code: 'fault', verb: `was hit by the fault '${fault}'` }
  return isLate ? { event: 'call_late', code: 'late_call', verb: `began when its task had ended` } : undefined
}

function toolLine(event: ToolCallEnded): Line {
  const { tool, effect, status, code = status, class: failureClass, errors, fallbacks, fault, durationMs } = event
  const failed = status === 'error'
  const verb = failed
    ? `failed with ${code}`
    : status === 'fallback'
      ? `was answered by ${event.answeredBy}`
      : 'was hit'
  return {
    level: 'warn',
    fields: {
      event: failed ? 'tool_failed' : status === 'fallback' ? 'tool_fell_back' : 'tool_hit',
      ...whereOf(event),
      tool,
      effect,
      code,
      ...(failureClass !== undefined && { class: failureClass }),
      ...causesOf(errors),
      ...(fallbacks.length > 0 && { fallbacks }),
      ...(fault !== undefined && { fault }),
      durationMs: Math.round(durationMs),
    },
    message: sentence(`Tool '${tool}' ${verb}`, errors[0]?.message ?? fallbacks[0]?.errors[0]?.message),
  }
}

function decisionLine(event: Decision): Line {
  const { kind, code, scope, share } = event
  return {
    level: kind === 'budget_notice' ? 'info' : 'warn',
    fields: {
      event: kind === 'refused' ? 'call_refused' : kind,
      ...whereOf(event),
      code,
      ...(scope !== undefined && { scope }),
      ...(share !== undefined && { share }),
    },
    message: event.sentence,
  }
}

type Where = { readonly tenant?: string; readonly taskId?: string; readonly traceId?: string; readonly spanId?: string }

function whereOf({ tenant, taskId, traceId, spanId }: Where): LogFields {
  return {
    ...(tenant !== undefined && { tenant }),
    ...(taskId !== undefined && { taskId }),
    ...(traceId !== undefined && { traceId, spanId }),
  }
}

function causesOf(errors: readonly ErrorSummary[]): LogFields {
  return errors.length > 0 ? { causes: errors } : {}
}

const sentence = (what: string, why: string | undefined) => (why ? `${what}: ${why}` : `${what}.`)
