import type { ToolLayer, ToolResult } from '../tool/tool-call.ts'
import { type ChaosController, faultError } from './chaos-controller.ts'

/**
 * Stands where the function stands: an outage or a throttle is thrown before it runs, so it never ran; a malformed
 * answer is what it returned, as text that was cut in half.
 */
export function chaosToolLayer(chaos: ChaosController): ToolLayer {
  return async (call, next) => {
    const fault = chaos.draw({ tool: call.tool, tenant: call.tenant })
    if (!fault) return next(call)
    if (fault.mode === 'malformed') {
      const result = await next(call)
      chaos.record(fault)
      return spoil(result)
    }
    chaos.record(fault)
    throw faultError(fault, call.tool)
  }
}

function spoil(result: ToolResult): ToolResult {
  const text = typeof result.value === 'string' ? result.value : (JSON.stringify(result.value) ?? '')
  return { ...result, value: text.slice(0, Math.floor(text.length / 2)) }
}
