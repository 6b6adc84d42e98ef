import { type HrTime, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base'

const MAX_TASKS = 20
const MAX_OPEN_TRACES = 1000
const MAX_CALLS_PER_TASK = 100

export type RecentTask = {
  readonly taskId: string
  readonly tenant: string
  /** Why it failed; absent when it completed. */
  readonly reason?: string
  readonly costUsd: number
  readonly endedAt: string
  readonly durationMs: number
  readonly calls: readonly RecentCall[]
}

export type RecentCall = {
  readonly kind: 'model' | 'tool'
  readonly name: string
  readonly offsetMs: number
  readonly durationMs: number
  readonly failed: boolean
}

/** Keeps the last tasks as the page draws them, from the very spans that are exported. */
export class RecentTasks implements SpanProcessor {
  readonly #tasks: RecentTask[] = []
  readonly #openCalls = new Map<string, ReadableSpan[]>()

  get latestFirst(): readonly RecentTask[] {
    return this.#tasks
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const operation = span.attributes['gen_ai.operation.name']
    if (operation === 'invoke_agent') this.#close(span)
    else if (operation !== undefined) this.#keep(span)
  }

  #keep(span: ReadableSpan): void {
    const { traceId } = span.spanContext()
    const calls = this.#openCalls.get(traceId) ?? []
    if (calls.length < MAX_CALLS_PER_TASK) calls.push(span)
    this.#openCalls.set(traceId, calls)
    // A trace whose task never ends must not stay for good.
    if (this.#openCalls.size > MAX_OPEN_TRACES) this.#openCalls.delete(this.#openCalls.keys().next().value!)
  }

  #close(task: ReadableSpan): void {
    const { traceId } = task.spanContext()
    const calls = this.#openCalls.get(traceId) ?? []
    this.#openCalls.delete(traceId)
    const startedAtMs = milliseconds(task.startTime)
    const failed = task.status.code === SpanStatusCode.ERROR
    this.#tasks.unshift({
      taskId: String(task.attributes['agent.task.id'] ?? traceId),
      tenant: String(task.attributes['agent.tenant'] ?? 'unknown'),
      ...(failed && { reason: String(task.attributes['error.type'] ?? 'failed') }),
      costUsd: Number(task.attributes['agent.cost.usd'] ?? 0),
      endedAt: new Date(milliseconds(task.endTime)).toISOString(),
      durationMs: milliseconds(task.duration),
      calls: calls.map((call) => ({
        kind: call.attributes['gen_ai.operation.name'] === 'execute_tool' ? 'tool' : 'model',
        name: String(call.attributes['gen_ai.tool.name'] ?? call.name),
        offsetMs: milliseconds(call.startTime) - startedAtMs,
        durationMs: milliseconds(call.duration),
        failed: call.status.code === SpanStatusCode.ERROR,
      })),
    })
    if (this.#tasks.length > MAX_TASKS) this.#tasks.pop()
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1e6
}
