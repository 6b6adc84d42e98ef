import type {
  Completion,
  ModelCall,
  ModelLayer,
  ModelResult,
  StreamBody,
  StreamProgress,
  Target,
} from '../model/index.ts'
import type { Timing } from '../timing.ts'
import { AttemptLimits } from './attempt-limits.ts'
import { AttemptTimeoutError } from './attempt-timeout-error.ts'
import { classifyFailure, classifyResponse, ERROR_TEXT_LENGTH, type Verdict } from './classify.ts'
import { opened } from './opened.ts'
import type { RouteSettings } from './options.ts'

/** One attempt at one target, and its result. */
export type Attempt = {
  readonly target: Target
  readonly verdict: Verdict
  /** Absent if no answer came. */
  readonly result?: ModelResult
  /** Why no answer came. */
  readonly error?: unknown
  /** The verdict at the end of a stream that was passed on before its end. */
  readonly ending?: Promise<Verdict>
}

/** Makes one attempt. Throws only if the caller has aborted; a failure of the target is part of the result. */
export async function attemptAt(
  target: Target,
  call: ModelCall,
  next: Parameters<ModelLayer>[1],
  settings: RouteSettings,
  timing: Timing,
): Promise<Attempt> {
  const limits = new AttemptLimits(target.name, call, settings, timing)
  try {
    const result = await next({ ...call, signal: limits.signal })
    // The body may never be read to its end.
    void result.completion.then(() => limits.end())
    const { body } = result
    if (!body.pieces) return { target, result, verdict: await verdictOn(result, body.text, timing.epochMs()) }
    const toTheEnd = settings.stream.recovery === 'buffer'
    return { target, ...(await openAnswer(result, body, limits, toTheEnd, timing.epochMs)) }
  } catch (error) {
    limits.end()
    if (call.signal.aborted) throw call.signal.reason
    // A target that timed out is not retried, because it would probably time out again.
    const reason = limits.signal.aborted ? limits.signal.reason : error
    return { target, error: reason, verdict: { kind: AttemptTimeoutError.isInstance(reason) ? 'next' : 'retry' } }
  }
}

/** Waits until a stream has begun. Its verdict is a failure if the provider failed before anything was passed on. */
async function openAnswer(
  result: ModelResult,
  body: StreamBody,
  limits: AttemptLimits,
  toTheEnd: boolean,
  epochMs: () => number,
): Promise<Omit<Attempt, 'target'>> {
  const { progress } = body
  const pieces = await opened(body, limits, toTheEnd)
  const { failure } = progress
  return {
    verdict: failure ? verdictOnFailure(result, failure.error, epochMs()) : { kind: 'answered' },
    result: { ...result, body: { pieces, progress } },
    ...(!failure && { ending: result.completion.then((ended) => verdictAtEnd(ended, progress)) }),
  }
}

/** Classifies an error in a stream, or an error status whose body is late. */
function verdictOnFailure({ status, headers }: ModelResult, error: unknown, nowMs: number): Verdict {
  if (status < 400) return classifyFailure(error)
  return classifyResponse(status, headers, JSON.stringify(error).slice(0, ERROR_TEXT_LENGTH), nowMs)
}

function verdictAtEnd({ status, error }: Completion, { failure }: StreamProgress): Verdict {
  if (failure) return classifyFailure(failure.error)
  // The limits include the pauses of a slow reader, so a timeout says nothing about the target here.
  const isLimit = AttemptTimeoutError.isInstance((error as Error | undefined)?.cause)
  return { kind: status === 'broken' && !isLimit ? 'retry' : 'answered' }
}

async function verdictOn({ status, headers, completion }: ModelResult, text: string, nowMs: number): Promise<Verdict> {
  const ended = await completion
  // One of our layers refused the call: another target would not help.
  if (ended.status === 'refused') return { kind: 'never' }
  if (status < 300) {
    // Some servers send a text, nothing, or an error with a status of success. A 304 has no body by definition.
    if (ended.status === 'broken') return { kind: 'retry' }
    if (ended.status === 'failed') return classifyFailure(ended.error)
  }
  return classifyResponse(status, headers, text.slice(0, ERROR_TEXT_LENGTH), nowMs)
}
