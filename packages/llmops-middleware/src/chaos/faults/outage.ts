import { failed } from '../../model/index.ts'
import { ChaosOutage } from './chaos-outage.ts'
import type { Fault } from './fault.ts'

export const outage: Fault = {
  error: (target) => new ChaosOutage(target),

  async hitModel(call, _, hit) {
    hit.record()
    const message = 'The service is unavailable (injected by chaos).'
    const cause = new ChaosOutage('model')
    return failed(call, { message, type: 'server_error', code: 'service_unavailable' }, { cause })
  },

  async hitTool(tool, _, hit) {
    hit.record()
    throw new ChaosOutage(tool)
  },
}
