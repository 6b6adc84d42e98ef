import {
  failed,
  type ModelCall,
  type ModelLayer,
  type ModelResult,
  malformed,
  StreamBrokenError,
  withHeaders,
} from '../model/index.ts'
import { breakOff } from './break-off.ts'
import { type ChaosController, type Fault, faultError } from './chaos-controller.ts'
import { ChaosMalformed } from './chaos-malformed.ts'

/** Names the fault on every answer it touched. */
export const CHAOS_HEADER = 'x-chaos'

/**
 * Stands where the provider stands: what it answers instead of the provider costs nothing, and what it spoils after
 * the provider answered costs what the provider charged.
 */
export function chaosModelLayer(chaos: ChaosController): ModelLayer {
  return (call, next) => {
    const fault = chaos.draw({ model: call.model, tenant: call.tenant })
    if (!fault) return next(call)
    if (fault.mode === 'malformed') return next(call).then((result) => spoil(chaos, fault, call, result))
    chaos.record(fault)
    return Promise.resolve(answerInstead(call, fault))
  }
}

/**
 * What a caller gets of a good answer that became unreadable on its way: of JSON the same 502 as when a provider sends
 * half a document, of a stream its first event and then an error.
 */
function spoil(chaos: ChaosController, fault: Fault, call: ModelCall, result: ModelResult): ModelResult {
  // An error of the provider has nothing to spoil, and must reach the caller as it is.
  if (result.status >= 300) return result
  chaos.record(fault)
  const error = new ChaosMalformed('model')
  const completion = result.completion.then((completion) => ({ ...completion, status: 'broken' as const, error }))
  const { body } = result
  const spoiled = body.pieces
    ? { ...result, completion, body: { ...body, pieces: breakOff(body.pieces, brokenBy(error, call)) } }
    : malformed(call, `The answer of model '${call.model}' is not JSON (injected by chaos).`, completion)
  return withHeaders(spoiled, { [CHAOS_HEADER]: fault.mode })
}

function brokenBy(cause: Error, { model }: ModelCall): StreamBrokenError {
  return new StreamBrokenError(model, 0, { cause })
}

/** In the provider's own error shape, so that the SDK raises, retries and waits as it would. */
function answerInstead(call: ModelCall, fault: Fault): ModelResult {
  const cause = faultError(fault, 'model')
  const marked = { [CHAOS_HEADER]: fault.mode }
  if (fault.mode === 'throttle') {
    const message = `Rate limit reached (injected by chaos). Retry after ${fault.retryAfterMs} ms.`
    const headers = { ...marked, ...retryAfterHeaders(fault.retryAfterMs) }
    return failed(call, { message, type: 'requests', code: 'rate_limit_exceeded' }, { headers, cause })
  }
  const message = 'The service is unavailable (injected by chaos).'
  return failed(call, { message, type: 'server_error', code: 'service_unavailable' }, { headers: marked, cause })
}

/** Whole seconds are all that `Retry-After` can say; the other header is what OpenAI's SDKs read first. */
function retryAfterHeaders(retryAfterMs: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(retryAfterMs) }
}
