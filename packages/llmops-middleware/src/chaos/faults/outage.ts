import { failed } from '../../model/index.ts'
import { ChaosOutage } from './chaos-outage.ts'
import type { Fault } from './fault.ts'
import { retryAfterHeaders } from './retry-after-headers.ts'

export const outage: Fault = {
  error: (target) => new ChaosOutage(target),

  async hitModel(call, _, { retryAfterMs, record }) {
    record()
    const message = 'The service is unavailable (injected by chaos).'
    const cause = new ChaosOutage('model')
    const headers = retryAfterMs === undefined ? {} : retryAfterHeaders(retryAfterMs)
    return failed(call, { message, type: 'server_error', code: 'service_unavailable' }, { headers, cause })
  },

  async hitTool(tool, _, hit) {
    hit.record()
    throw new ChaosOutage(tool)
  },
}
