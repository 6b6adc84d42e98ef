import { failed } from '../../model/index.ts'
import { ChaosThrottled } from './chaos-throttled.ts'
import type { Fault } from './fault.ts'

/** In the provider's own error shape, so that the SDK raises, retries and waits as it would. */
export const throttle: Fault = {
  error: (target, { retryAfterMs }) => new ChaosThrottled(target, retryAfterMs),

  async hitModel(call, _, { retryAfterMs, record }) {
    record()
    const message = `Rate limit reached (injected by chaos). Retry after ${retryAfterMs} ms.`
    const headers = retryAfterHeaders(retryAfterMs)
    const cause = new ChaosThrottled('model', retryAfterMs)
    return failed(call, { message, type: 'requests', code: 'rate_limit_exceeded' }, { headers, cause })
  },

  async hitTool(tool, _, { retryAfterMs, record }) {
    record()
    throw new ChaosThrottled(tool, retryAfterMs)
  },
}

/** Whole seconds are all that `Retry-After` can say; the other header is what OpenAI's SDKs read first. */
function retryAfterHeaders(retryAfterMs: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(retryAfterMs) }
}
