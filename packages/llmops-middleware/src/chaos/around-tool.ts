import type { ToolNotes } from '../call-notes.ts'
import type { ChaosController } from './chaos-controller.ts'

type Target = {
  readonly tool: string
  readonly tenant: string | undefined
  readonly notes?: Pick<ToolNotes, 'faulted'> | undefined
}

/** Wraps the function of a tool, to inject faults. */
export function chaosAroundTool(chaos: ChaosController) {
  return (target: Target, run: () => unknown): unknown => {
    const drawn = chaos.draw(target)
    if (!drawn) return run()
    const record = () => {
      chaos.record(drawn)
      target.notes?.faulted(drawn.mode)
    }
    return drawn.fault.hitTool(target.tool, run, { ...drawn, record })
  }
}
