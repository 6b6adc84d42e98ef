import type { ModelCallEnded, ToolCallEnded } from '../../events/index.ts'
import type { FailureClass } from '../../failure-class.ts'
import { DurationCounts } from './duration-counts.ts'
import { NamedFigures } from './named-figures.ts'
import { Tally } from './tally.ts'

const MOST_REASONS = 50
const MOST_TOOLS = 50
const MOST_MODELS = 50
const MOST_ERRORS = 10

/** All are whole numbers, so that their sums are exact. */
const COUNTS = [
  'succeeded',
  'failedAgent',
  'failedProvider',
  'failedCaller',
  /** The cost of tasks that ended. `costNanos` is everything that was charged. */
  'taskNanos',
  'costNanos',
  'unknownNanos',
  'inputTokens',
  'outputTokens',
  'cachedInputTokens',
  'toolOk',
  'toolFallback',
  'toolError',
  /** The part of `toolError` that callers caused. */
  'toolErrorByCaller',
  'allow',
  'clamp',
  'downshift',
  'block',
  'repairedFreely',
  'repairedByModel',
] as const
export type CountName = (typeof COUNTS)[number]

const NANOS = 1e9
const nanos = (usd: number) => Math.round(usd * NANOS)

const CLASS_COUNT = { agent: 'failedAgent', provider: 'failedProvider', caller: 'failedCaller' } as const
const TOOL_COUNT = { ok: 'toolOk', fallback: 'toolFallback', error: 'toolError' } as const

export type TaskEnding = {
  readonly durationMs: number
  readonly costUsd: number
  /** Undefined if the task succeeded. */
  readonly failure: { readonly class: FailureClass; readonly reason: string } | undefined
}

export type ModelCallEnding = Pick<
  ModelCallEnded,
  | 'model'
  | 'outcome'
  | 'code'
  | 'durationMs'
  | 'inputTokens'
  | 'outputTokens'
  | 'cachedInputTokens'
  | 'costUsd'
  | 'unknownUsd'
  | 'budget'
>

export type ToolCallEnding = Pick<ToolCallEnded, 'tool' | 'status' | 'code' | 'class' | 'durationMs' | 'repairs'>

/** What happened in a span of time. Figures can be added. */
export class Figures {
  readonly counts: Record<CountName, number> = zeros()
  readonly latency = new DurationCounts()
  /** Failed tasks by class and reason: `provider http_503`. */
  readonly reasons = new Tally(MOST_REASONS)
  readonly tools = new NamedFigures(MOST_TOOLS, () => new CallFigures())
  readonly models = new NamedFigures(MOST_MODELS, () => new CallFigures())

  get ended(): number {
    const { succeeded, failedAgent, failedProvider, failedCaller } = this.counts
    return succeeded + failedAgent + failedProvider + failedCaller
  }

  taskEnded({ durationMs, costUsd, failure }: TaskEnding): void {
    this.latency.add(durationMs)
    this.counts.taskNanos += nanos(costUsd)
    if (failure === undefined) {
      this.counts.succeeded++
      return
    }
    this.counts[CLASS_COUNT[failure.class]]++
    this.reasons.add(`${failure.class} ${failure.reason}`)
  }

  modelCallEnded(call: ModelCallEnding): void {
    const { counts } = this
    const { code, durationMs, inputTokens, outputTokens, costUsd } = call
    counts[call.budget]++
    this.charged(costUsd, call.unknownUsd)
    counts.inputTokens += inputTokens
    counts.outputTokens += outputTokens
    counts.cachedInputTokens += call.cachedInputTokens ?? 0
    // A call that the middleware refused never reached a model.
    if (call.outcome === 'refused') return
    const model = this.models.of(call.model)
    model.ended(code === undefined ? 'ok' : 'error', durationMs, code)
    model.costNanos += nanos(costUsd)
    model.inputTokens += inputTokens
    model.outputTokens += outputTokens
  }

  toolCallEnded({ tool, status, durationMs, code, class: failedBy, repairs }: ToolCallEnding): void {
    this.counts[TOOL_COUNT[status]]++
    if (failedBy === 'caller') this.counts.toolErrorByCaller++
    for (const repair of repairs) this.counts[repair === 'model' ? 'repairedByModel' : 'repairedFreely']++
    this.tools.of(tool).ended(status, durationMs, code)
  }

  /** Adds a cost, of a model call or of something else. */
  charged(usd: number, unknownUsd: number): void {
    this.counts.costNanos += nanos(usd)
    this.counts.unknownNanos += nanos(unknownUsd)
  }

  addAll(other: Figures): void {
    for (const name of COUNTS) this.counts[name] += other.counts[name]
    if (other.ended > 0) this.latency.addAll(other.latency)
    this.reasons.addAll(other.reasons)
    for (const [name, figures] of other.tools.entries) this.tools.of(name).addAll(figures)
    for (const [name, figures] of other.models.entries) this.models.of(name).addAll(figures)
  }

  toJSON(): object {
    const { counts, latency, reasons, tools, models } = this
    const some = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
    return { counts: some, latency, reasons, tools: tools.entries, models: models.entries }
  }

  /** @throws Error if the figures, which come from a file, are damaged. */
  static from(json: ReturnType<typeof JSON.parse>): Figures {
    const figures = new Figures()
    for (const name of COUNTS) figures.counts[name] = Number(json.counts[name] ?? 0)
    figures.latency.addAll(DurationCounts.from(json.latency))
    for (const [name, count] of json.reasons) figures.reasons.add(String(name), Number(count))
    for (const [name, call] of json.tools) figures.tools.of(String(name)).addAll(CallFigures.from(call))
    for (const [name, call] of json.models) figures.models.of(String(name)).addAll(CallFigures.from(call))
    return figures
  }
}

const CALL_COUNTS = ['ok', 'fallback', 'error', 'sumMs', 'costNanos', 'inputTokens', 'outputTokens'] as const

/** The figures of one tool or model. */
export class CallFigures {
  ok = 0
  fallback = 0
  error = 0
  sumMs = 0
  costNanos = 0
  inputTokens = 0
  outputTokens = 0
  readonly errors = new Tally(MOST_ERRORS)

  get calls(): number {
    return this.ok + this.fallback + this.error
  }

  get meanMs(): number | null {
    return this.calls === 0 ? null : this.sumMs / this.calls
  }

  ended(status: 'ok' | 'fallback' | 'error', durationMs: number, errorType: string | undefined): void {
    this[status]++
    this.sumMs += durationMs
    if (errorType !== undefined) this.errors.add(errorType)
  }

  addAll(other: CallFigures): void {
    for (const name of CALL_COUNTS) this[name] += other[name]
    this.errors.addAll(other.errors)
  }

  toJSON(): object {
    return { counts: CALL_COUNTS.map((name) => this[name]), errors: this.errors }
  }

  static from(json: ReturnType<typeof JSON.parse>): CallFigures {
    const figures = new CallFigures()
    CALL_COUNTS.forEach((name, index) => {
      figures[name] = Number(json.counts[index] ?? 0)
    })
    for (const [name, count] of json.errors) figures.errors.add(String(name), Number(count))
    return figures
  }
}

function zeros(): Record<CountName, number> {
  return Object.fromEntries(COUNTS.map((name) => [name, 0])) as Record<CountName, number>
}
