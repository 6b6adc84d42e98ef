import type { ModelCall, Target } from '../model/index.ts'

/** Returns the targets that can serve a call, in order: those with its model first. */
export function targetsFor(call: ModelCall, targets: readonly Target[]): Target[] {
  const usable = targets.filter((target) => canTake(call, target))
  const serving = usable.filter(({ model }) => model === call.model)
  return [...serving, ...usable.filter(({ model }) => model !== call.model)]
}

function canTake({ request: { body } }: ModelCall, { acceptsPrefill = true }: Target): boolean {
  if (acceptsPrefill) return true
  const { messages } = body
  const last = Array.isArray(messages) ? (messages.at(-1) as { role?: unknown } | undefined) : undefined
  return last?.role !== 'assistant'
}
