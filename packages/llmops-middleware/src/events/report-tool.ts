import { ToolNotes } from '../call-notes.ts'
import type { FailureClass } from '../failure-class.ts'
import { outermostOf } from '../task.ts'
import type { ToolCall } from '../tool/index.ts'
import { errorChain } from './error-facts.ts'
import type { ToolCallEnded } from './event.ts'
import type { EventStream } from './event-stream.ts'
import { type Hide, hiderOf } from './hide-content.ts'
import { redactedWord } from './redact.ts'
import { type Place, placeOf, traceFactsOf } from './trace-facts.ts'

type Answered = { readonly status: 'ok' | 'fallback'; readonly answeredBy: string }
type Failed = { readonly status: 'error'; readonly error: unknown; readonly code: string; readonly class: FailureClass }

/** Reports one tool call. */
export class ToolReport {
  readonly notes = new ToolNotes()
  readonly #events: EventStream
  readonly #call: ToolCall
  readonly #place: Place | undefined
  readonly #startedAtMs = Date.now()

  constructor(events: EventStream, call: ToolCall, span: Place | undefined) {
    this.#events = events
    this.#call = call
    this.#place = placeOf(span)
  }

  ended(ended: Answered | Failed, durationMs: number): void {
    const isTrouble = ended.status !== 'ok' || this.notes.fault !== undefined
    if (isTrouble || this.#events.hasListenerForEverything)
      this.#events.emit(() => this.#eventOf(ended, durationMs), isTrouble)
  }

  #eventOf(ended: Answered | Failed, durationMs: number): ToolCallEnded {
    const { id, tool, effect, tenant, task } = this.#call
    const { repairs, fallbacks = [], fault } = this.notes
    const hide = hiderOfTool(this.#call)
    const taskId = outermostOf(task)?.id
    const ending =
      ended.status === 'error'
        ? {
            status: ended.status,
            code: redactedWord(ended.code),
            class: ended.class,
            errors: errorChain(ended.error, hide),
          }
        : { status: ended.status, answeredBy: ended.answeredBy, errors: [] }
    return {
      type: 'tool_call_ended',
      callId: id,
      ...(taskId !== undefined && { taskId }),
      ...(tenant !== undefined && { tenant }),
      startedAtMs: this.#startedAtMs,
      ...traceFactsOf(this.#place),
      tool,
      effect,
      ...ending,
      repairs: [...repairs],
      fallbacks: fallbacks.map(({ tool, error }) => ({ tool, errors: errorChain(error, hide) })),
      ...(fault !== undefined && { fault }),
      durationMs,
    }
  }
}

/** Returns a function that hides the arguments of the tool. */
export function hiderOfTool({ args, task }: ToolCall): Hide {
  return hiderOf({ content: contentOf(args), length: typeof args === 'string' ? args.length : 0, task })
}

/** Arguments in JSON are hidden as a whole, and each value by itself. */
function contentOf(args: unknown): unknown {
  if (typeof args !== 'string') return args
  try {
    return [args, JSON.parse(args)]
  } catch {
    return args
  }
}

/** Returns undefined if there is no listener. */
export function reportToolCall(
  events: EventStream | undefined,
  call: ToolCall,
  span: Place | undefined,
): ToolReport | undefined {
  return events?.hasListener ? new ToolReport(events, call, span) : undefined
}
