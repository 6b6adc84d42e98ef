import { PieceStream, StreamResponse } from '../model/answer/index.ts'
import type { Completion, ModelCall, ModelLayer, ModelResult, Target } from '../model/index.ts'
import { AttemptTimeoutError } from '../model/index.ts'
import { AttemptLimits } from './attempt-limits.ts'
import { classifyFailure, classifyResponse, ERROR_TEXT_LENGTH, type Verdict } from './classify.ts'
import { openStream } from './guarded-stream.ts'
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
): Promise<Attempt> {
  const limits = new AttemptLimits(target.name, call.isStream, call.signal, settings)
  try {
    const result = await next({ ...call, signal: limits.signal })
    if (result.isRefusal) {
      limits.end()
      return { target, result, verdict: { kind: 'never' } }
    }
    const { response } = result
    if (response.ok && call.isStream && response.body) {
      const toTheEnd = settings.stream.recovery === 'buffer'
      return { target, ...(await openAnswer(result, response.body, limits, toTheEnd)) }
    }
    limits.end()
    return { target, ...(await readVerdict(result)) }
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
  body: ReadableStream<Uint8Array>,
  limits: AttemptLimits,
  toTheEnd: boolean,
): Promise<Omit<Attempt, 'target'>> {
  const { progress, completion, response } = result
  const opened = await openStream(body, progress, limits, toTheEnd)
  // Nobody may ever read it to its end.
  void completion.then(() => limits.end())
  const failure = progress?.failure
  return {
    verdict: failure ? classifyFailure(failure.error) : { kind: 'answered' },
    result: { ...result, response: new StreamResponse(response, PieceStream.sourceOf(opened)) },
    ...(!failure && { ending: completion.then((ended) => classifyEnding(ended, progress)) }),
  }
}

function classifyEnding({ status, error }: Completion, progress: ModelResult['progress']): Verdict {
  if (progress?.failure) return classifyFailure(progress.failure.error)
  // The pause of a caller who reads slowly counts towards the limits too, so that one passed tells nothing.
  const isLimit = AttemptTimeoutError.isInstance((error as Error | undefined)?.cause)
  return { kind: status === 'broken' && !isLimit ? 'retry' : 'answered' }
}

async function readVerdict(result: ModelResult): Promise<Pick<Attempt, 'verdict' | 'result'>> {
  const { response } = result
  if (response.ok) return { verdict: { kind: 'answered' }, result }
  const text = await response.text()
  const { status, statusText, headers } = response
  return {
    verdict: classifyResponse(status, headers, text.slice(0, ERROR_TEXT_LENGTH), Date.now()),
    // Its body was read, so it is handed on anew.
    result: { ...result, response: new Response(text, { status, statusText, headers }) },
  }
}
