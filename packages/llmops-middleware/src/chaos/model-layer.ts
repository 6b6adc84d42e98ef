import type { Completion, ModelCall, ModelLayer, ModelResult } from '../model/index.ts'
import { NO_USAGE } from '../usage.ts'
import { ZERO } from '../usd.ts'
import { type ChaosController, type Fault, faultError } from './chaos-controller.ts'
import { ChaosMalformed } from './chaos-malformed.ts'
import { spoilResponse } from './spoil-response.ts'

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

async function spoil(chaos: ChaosController, fault: Fault, call: ModelCall, result: ModelResult): Promise<ModelResult> {
  // An error of the provider has nothing to spoil, and must reach the caller as it is.
  if (!result.response.ok) return result
  chaos.record(fault)
  const error = new ChaosMalformed('model')
  const response = await spoilResponse(result.response, call, error)
  response.headers.set(CHAOS_HEADER, fault.mode)
  const completion = result.completion.then((completion) => ({ ...completion, status: 'broken' as const, error }))
  return { ...result, response, completion }
}

/** In the provider's own error shape, so that the SDK raises, retries and waits as it would. */
function answerInstead(call: ModelCall, fault: Fault): ModelResult {
  const isThrottle = fault.mode === 'throttle'
  const body = call.format.errorBody(
    isThrottle
      ? {
          message: `Rate limit reached (injected by chaos). Retry after ${fault.retryAfterMs} ms.`,
          type: 'requests',
          code: 'rate_limit_exceeded',
        }
      : {
          message: 'The service is unavailable (injected by chaos).',
          type: 'server_error',
          code: 'service_unavailable',
        },
  )
  const response = new Response(JSON.stringify(body), {
    status: isThrottle ? 429 : 503,
    headers: {
      'content-type': 'application/json',
      [CHAOS_HEADER]: fault.mode,
      ...(isThrottle && retryAfterHeaders(fault.retryAfterMs)),
    },
  })
  const completion: Completion = {
    status: 'failed',
    usage: NO_USAGE,
    usageSource: 'reported',
    costNanos: ZERO,
    error: faultError(fault, 'model'),
  }
  return { response, model: call.model, completion: Promise.resolve(completion) }
}

/** Whole seconds are all that `Retry-After` can say; the other header is what OpenAI's SDKs read first. */
function retryAfterHeaders(retryAfterMs: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(retryAfterMs) }
}
