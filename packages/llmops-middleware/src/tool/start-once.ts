import { type Act, EffectsOnce } from './effects-once.ts'
import type { KeptAnswer } from './keep-result.ts'
import type { ToolCallOptions } from './tool.ts'
import type { ToolCall } from './tool-call.ts'

/** In a process: some 80 MB at the most, where each has arguments and a result that are just short enough to be kept. */
const MAX_REMEMBERED = 10_000

/** Of the whole process: a tool may be made again for each request. */
const effects = new EffectsOnce(MAX_REMEMBERED)

let tools = 0

/**
 * Starts an effect of one tool at most once for its key, however often its caller calls it, and its layers call on.
 *
 * @returns for the options of one call, what runs it.
 */
export function effectStarter(): (options: ToolCallOptions) => (call: ToolCall, act: Act) => Promise<KeptAnswer> {
  const number = ++tools
  return ({ key, id }) => {
    if (key === undefined && id === undefined) return startAlone(new EffectsOnce(1))
    const self = {}
    return (call, act) => {
      const { tenant = '', tool, idempotencyKey, args, signal, task } = call
      // Without a task or a key, an id says little of whose call it is: models count from one, too.
      const isNobodys = key === undefined && task === undefined
      const scope = isNobodys ? `#${number}` : tenant
      const owner = isNobodys ? self : undefined
      return effects.run(
        { key: `${scope}\n${tool}\n${idempotencyKey}`, idempotencyKey, tool, args, signal, owner },
        act,
      )
    }
  }
}

/** Nobody but its own layers can repeat a call without a key and an id. */
function startAlone(own: EffectsOnce): (call: ToolCall, act: Act) => Promise<KeptAnswer> {
  return ({ tool, idempotencyKey, args, signal }, act) =>
    own.run({ key: idempotencyKey, idempotencyKey, tool, args, signal, owner: undefined }, act)
}
