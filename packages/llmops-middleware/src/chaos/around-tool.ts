import { type ChaosController, faultError } from './chaos-controller.ts'

/**
 * Stands around a function: an outage or a throttle is thrown before it runs, so it never ran; a malformed answer is what
 * it returned, as text that was cut in half.
 */
export function chaosAroundTool(chaos: ChaosController) {
  return async (
    target: { readonly tool: string; readonly tenant: string | undefined },
    run: () => unknown,
  ): Promise<unknown> => {
    const fault = chaos.draw(target)
    if (!fault) return run()
    if (fault.mode !== 'malformed') {
      chaos.record(fault)
      throw faultError(fault, target.tool)
    }
    const value = await run()
    chaos.record(fault)
    return half(value)
  }
}

function half(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.slice(0, Math.floor(text.length / 2))
}
