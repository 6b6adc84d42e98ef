import { failed } from '../../model/index.ts'
import { ChaosThrottled } from './chaos-throttled.ts'
import type { Fault } from './fault.ts'
import { retryAfterHeaders } from './retry-after-headers.ts'

/** Answers in the provider's error format, so that the SDK throws, retries and waits as usual. */
export const throttle: Fault = {
  error: (target, { retryAfterMs = 0 }) => new ChaosThrottled(target, retryAfterMs),

  async hitModel(call, _, { retryAfterMs = 0, record }) {
    record()
    const message = `Rate limit reached (injected by chaos). Retry after ${retryAfterMs} ms.`
    const headers = retryAfterHeaders(retryAfterMs)
    const cause = new ChaosThrottled('model', retryAfterMs)
    return failed(call, { message, type: 'requests', code: 'rate_limit_exceeded' }, { headers, cause })
  },

  async hitTool(tool, _, { retryAfterMs = 0, record }) {
    record()
    throw new ChaosThrottled(tool, retryAfterMs)
  },
}
