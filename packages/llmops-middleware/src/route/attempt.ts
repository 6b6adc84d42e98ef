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

/** One try at one target, and what it came to. */
export type Attempt = {
  readonly target: Target
  readonly verdict: Verdict
  /** Absent when no answer came. */
  readonly result?: ModelResult
  /** Why no answer came. */
  readonly error?: unknown
  /** Of a stream that was handed on before its end: what it came to then. */
  readonly ending?: Promise<Verdict>
}

/** Never throws for what a target does; throws when the caller has left. */
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
    // Nobody may ever read it to its end.
    void result.completion.then(() => limits.end())
    const { body } = result
    if (!body.pieces) return { target, result, verdict: await verdictOn(result, body.text, timing.epochMs()) }
    const toTheEnd = settings.stream.recovery === 'buffer'
    return { target, ...(await openAnswer(result, body, limits, toTheEnd, timing.epochMs)) }
  } catch (error) {
    limits.end()
    if (call.signal.aborted) throw call.signal.reason
    // A silent target is not asked again: it would be as silent.
    const reason = limits.signal.aborted ? limits.signal.reason : error
    return { target, error: reason, verdict: { kind: AttemptTimeoutError.isInstance(reason) ? 'next' : 'retry' } }
  }
}

/** An answer whose stream has begun; its failure where the provider failed before anything was handed on. */
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

/** What is told in a stream, or with a status of its own before a body that is late. */
function verdictOnFailure({ status, headers }: ModelResult, error: unknown, nowMs: number): Verdict {
  if (status < 400) return classifyFailure(error)
  return classifyResponse(status, headers, JSON.stringify(error).slice(0, ERROR_TEXT_LENGTH), nowMs)
}

function verdictAtEnd({ status, error }: Completion, { failure }: StreamProgress): Verdict {
  if (failure) return classifyFailure(failure.error)
  // The pause of a caller who reads slowly counts towards the limits too, so that one passed tells nothing.
  const isLimit = AttemptTimeoutError.isInstance((error as Error | undefined)?.cause)
  return { kind: status === 'broken' && !isLimit ? 'retry' : 'answered' }
}

async function verdictOn({ status, headers, completion }: ModelResult, text: string, nowMs: number): Promise<Verdict> {
  const ended = await completion
  // A layer of ours answered: nobody else could do better.
  if (ended.status === 'refused') return { kind: 'never' }
  if (status < 300) {
    // With a status of success comes no answer from some: a text, nothing, or an error. A 304 has no body by right.
    if (ended.status === 'broken') return { kind: 'retry' }
    if (ended.status === 'failed') return classifyFailure(ended.error)
  }
  return classifyResponse(status, headers, text.slice(0, ERROR_TEXT_LENGTH), nowMs)
}
