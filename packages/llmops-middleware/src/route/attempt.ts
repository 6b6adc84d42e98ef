import { AttemptTimeoutError } from '../model/attempt-timeout-error.ts'
import type { ModelCall, ModelLayer, ModelResult } from '../model/model-call.ts'
import type { Target } from '../model/target.ts'
import { AttemptLimits } from './attempt-limits.ts'
import { classifyResponse, type Verdict } from './classify.ts'
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
}

/** How much of an error is read to classify it. */
const ERROR_TEXT_LENGTH = 4096

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
      const body = await openStream(response.body, limits, settings.stream.recovery === 'buffer')
      const { status, statusText, headers } = response
      return {
        target,
        verdict: { kind: 'answered' },
        result: { ...result, response: new Response(body, { status, statusText, headers }) },
      }
    }
    limits.end()
    return { target, ...(await readVerdict(result)) }
  } catch (error) {
    limits.end()
    if (call.signal.aborted) throw call.signal.reason
    // A silent target is not asked again: it would be as silent.
    const reason = limits.signal.aborted ? limits.signal.reason : error
    return { target, error: reason, verdict: { kind: reason instanceof AttemptTimeoutError ? 'next' : 'retry' } }
  }
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
