import { recordOf, type Task } from '../task.ts'
import { errorChain } from './error-facts.ts'
import type { TaskEnded, TaskFigures } from './event.ts'
import type { EventStream } from './event-stream.ts'
import { hiderIn } from './hide-content.ts'
import { redactedWord } from './redact.ts'
import { type Place, placeOf, traceFactsOf } from './trace-facts.ts'

/** Reports that a task began, and returns a function that reports its end. Undefined if there is no listener. */
export function reportTask(
  events: EventStream | undefined,
  task: Task,
  span: Place | undefined,
): ((latencyMs: number) => void) | undefined {
  if (!events?.hasListener) return undefined
  const startedAtMs = Date.now()
  const place = placeOf(span)
  const facts = () => ({
    taskId: task.id,
    name: task.name,
    tenant: task.tenant,
    scopes: task.scopes,
    ...(task.conversationId !== undefined && { conversationId: task.conversationId }),
    startedAtMs,
    ...traceFactsOf(place),
  })
  if (events.hasListenerForEverything) events.emit(() => ({ type: 'task_began', ...facts() }), false)
  return (latencyMs) => {
    const isTrouble = task.outcome?.status === 'failure'
    if (!isTrouble && !events.hasListenerForEverything) return
    const made = () => ({
      type: 'task_ended' as const,
      ...facts(),
      endedAtMs: Date.now(),
      latencyMs,
      totals: figuresOf(task),
      ...outcomeOf(task),
    })
    events.emit(made, isTrouble)
  }
}

function outcomeOf(task: Task): Pick<TaskEnded, 'outcome' | 'reason' | 'class' | 'errors'> {
  const { outcome } = task
  if (outcome?.status !== 'failure') return { outcome: 'success', errors: [] }
  const record = recordOf(task)
  return {
    outcome: 'failure',
    reason: redactedWord(outcome.reason),
    class: record?.failureClass ?? 'agent',
    errors: errorChain(record?.error, hiderIn(task)),
  }
}

function figuresOf({ totals }: Task): TaskFigures {
  const { modelCalls, toolCalls, inputTokens, outputTokens, costUsd, unknownUsd } = totals
  const { repairs, fallbacks, downshifts, clamps, retries, lateCalls } = totals
  const calls = { modelCalls, toolCalls, inputTokens, outputTokens, costUsd, unknownUsd }
  return { ...calls, repairs, fallbacks, downshifts, clamps, retries, lateCalls }
}
