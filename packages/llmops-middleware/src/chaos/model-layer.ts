import { type ModelCall, type ModelLayer, type ModelResult, withHeaders } from '../model/index.ts'
import type { ChaosController, DrawnFault } from './chaos-controller.ts'

/** The header with the mode, on every response that a fault has changed. */
const CHAOS_HEADER = 'x-chaos'

/**
 * Injects faults as if they came from the provider. A response in place of the provider's costs nothing. A response
 * that was corrupted costs what the provider charged.
 */
export function chaosModelLayer(chaos: ChaosController): ModelLayer {
  return (call, next) => {
    const drawn = chaos.draw({ model: call.model, tenant: call.tenant })
    return drawn ? hit(chaos, drawn, call, () => next(call)) : next(call)
  }
}

async function hit(
  chaos: ChaosController,
  drawn: DrawnFault,
  call: ModelCall,
  ask: () => Promise<ModelResult>,
): Promise<ModelResult> {
  let isHit = false
  const record = () => {
    isHit = true
    chaos.record(drawn)
    call.notes?.faulted(drawn.mode)
  }
  const result = await drawn.fault.hitModel(call, ask, { ...drawn, record })
  return isHit ? withHeaders(result, { [CHAOS_HEADER]: drawn.mode }) : result
}
