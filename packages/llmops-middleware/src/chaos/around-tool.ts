import type { ChaosController } from './chaos-controller.ts'

type Target = { readonly tool: string; readonly tenant: string | undefined }

/** Stands around a function, where what it calls would fail. */
export function chaosAroundTool(chaos: ChaosController) {
  return (target: Target, run: () => unknown): unknown => {
    const drawn = chaos.draw(target)
    if (!drawn) return run()
    return drawn.fault.hitTool(target.tool, run, { ...drawn, record: () => chaos.record(drawn) })
  }
}
