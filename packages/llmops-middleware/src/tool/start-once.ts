import { shortened } from './canonical-json.ts'
import { argumentsHash, EffectsOnce, type Watch } from './effects-once.ts'
import type { KeptAnswer } from './keep-result.ts'
import type { ToolCallOptions } from './tool.ts'
import type { ToolCall } from './tool-call.ts'

/** In a process: some 80 MB at the most, where each has arguments and a result that are just short enough to be kept. */
const MAX_REMEMBERED = 10_000

/** Of the whole process: a tool may be made again for each request. */
const effects = new EffectsOnce(MAX_REMEMBERED)

let tools = 0

type RunCall = (call: ToolCall, watch: Watch) => Promise<KeptAnswer>

/** Runs a call. */
export type Starter = (call: ToolCall, run: RunCall) => Promise<KeptAnswer>

/**
 * Starts an effect of one tool at most once for its key, however often its caller calls it, and its layers call on.
 *
 * @returns for the options of one call, what runs it.
 */
export function effectStarter(): (options: ToolCallOptions) => Starter {
  const number = ++tools
  return ({ key, id }) => {
    if (key === undefined && id === undefined) return startAlone(new EffectsOnce(1))
    const self = {}
    return (call, run) => {
      // Without a task or a key, an id says little of whose call it is.
      const isNobodys = key === undefined && call.task === undefined
      const scope = `${isNobodys ? `#${number}` : (call.tenant ?? '')}\n${call.tool}\n`
      const own = key === undefined ? withOwnKey(call, scope) : call
      const { idempotencyKey, tool, args, signal } = own
      const effect = { key: shortened(scope + idempotencyKey), idempotencyKey, tool, args, signal }
      return effects.run({ ...effect, owner: isNobodys ? self : undefined }, (watch) => run(own, watch))
    }
  }
}

/** Some gateways give the calls of every answer the same ids: with other arguments it is another call. */
function withOwnKey(call: ToolCall, scope: string): ToolCall {
  const { idempotencyKey, args } = call
  if (!effects.knowsOther({ key: shortened(scope + idempotencyKey), args })) return call
  return { ...call, idempotencyKey: `${idempotencyKey}:${argumentsHash(args)}` }
}

/** Nobody but its own layers can repeat a call without a key and an id. */
function startAlone(own: EffectsOnce): Starter {
  return (call, run) => {
    const { tool, idempotencyKey, args, signal } = call
    const effect = { key: idempotencyKey, idempotencyKey, tool, args, signal, owner: undefined }
    return own.run(effect, (watch) => run(call, watch))
  }
}
