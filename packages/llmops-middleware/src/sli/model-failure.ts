import { isErrorCode } from '../error-codes.ts'
import { classOfReason, classOfStatus, type FailureClass, type ModelFailure } from '../failure-class.ts'
import { type Completion, type ModelResult, StreamBrokenError } from '../model/index.ts'
import { readSafely } from '../read-safely.ts'
import { classifyFailure } from '../route/index.ts'

/** Returns how a model call failed. Undefined if the model answered. */
export function modelFailureOf(result: ModelResult | undefined, completion: Completion): ModelFailure | undefined {
  const { status, error } = completion
  if (status === 'completed' || status === 'aborted') return undefined
  const reason = knownCodeOf(error) ?? reasonOf(result, completion)
  if (status === 'refused') return { class: classOfReason(reason, undefined) ?? 'agent', reason }
  return { class: classOf(result, completion), reason, ...(!result && { error }) }
}

/** Returns only known codes, because providers have any number of them. */
function knownCodeOf(error: unknown): string | undefined {
  const code = readSafely(error, 'code')
  const isKnown = typeof code === 'string' && (isErrorCode(code) || classOfReason(code, undefined) !== undefined)
  return isKnown ? code : undefined
}

function reasonOf(result: ModelResult | undefined, { status }: Completion): string {
  if (status === 'refused') return 'refused'
  if (status === 'broken') return result?.body.pieces ? 'stream_broken' : 'malformed_response'
  return result !== undefined && result.status >= 400 ? `http_${result.status}` : 'provider_error'
}

function classOf(result: ModelResult | undefined, { status, error }: Completion): FailureClass {
  if (!result) return 'provider'
  // An answer that was cut, or cannot be parsed, is the provider's failure.
  if (status === 'broken') return StreamBrokenError.isInstance(error) ? 'provider' : 'agent'
  if (result.status >= 400) return classOfStatus(result.status)
  if (error === undefined) return 'provider'
  const { kind } = classifyFailure(error)
  return kind === 'never' || kind === 'larger' ? 'agent' : 'provider'
}
