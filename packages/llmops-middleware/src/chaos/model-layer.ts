import { type ModelCall, type ModelLayer, type ModelResult, withHeaders } from '../model/index.ts'
import type { ChaosController, DrawnFault } from './chaos-controller.ts'

/** Names the fault on every answer it touched. */
const CHAOS_HEADER = 'x-chaos'

/**
 * Stands where the provider stands: what it answers instead of the provider costs nothing, and what it spoils after
 * the provider answered costs what the provider charged.
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
