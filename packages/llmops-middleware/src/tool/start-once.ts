import { shortened } from './canonical-json.ts'
import { argumentsHash, type EffectCall, EffectsOnce } from './effects-once.ts'
import type { Watch } from './function-run.ts'
import type { KeptAnswer } from './keep-result.ts'
import type { ToolCallOptions } from './tool.ts'
import type { ToolCall } from './tool-call.ts'

/** In a process: some 80 MB at the most, where each has arguments and a result that are just short enough to be kept. */
const MAX_REMEMBERED = 10_000

/** Of the whole process: a tool may be made again for each request. */
const effects = new EffectsOnce(MAX_REMEMBERED)

let tools = 0

type RunCall = (call: ToolCall, watch: Watch | undefined) => Promise<KeptAnswer>

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
    if (key === undefined && id === undefined) return startAlone()
    const self = {}
    return (call, run) => {
      // Without a task or a key, an id says little of whose call it is.
      const isNobodys = key === undefined && call.task === undefined
      const scope = `${isNobodys ? `#${number}` : (call.tenant ?? '')}\n${call.tool}\n`
      const effect = effectOf(call, shortened(scope + call.idempotencyKey), isNobodys ? self : undefined)
      if (effects.isNew(effect.key)) return effects.start(effect, (watch) => run(call, watch))
      // Some gateways give the calls of every answer the same ids: with other arguments it is another call.
      if (key !== undefined || !effects.hadOther(effect)) return effects.run(effect, (watch) => run(call, watch))
      const own = { ...call, idempotencyKey: `${call.idempotencyKey}:${argumentsHash(call.args)}` }
      const other = effectOf(own, shortened(scope + own.idempotencyKey), effect.owner)
      return effects.run(other, (watch) => run(own, watch))
    }
  }
}

/** Nobody but its own layers can repeat a call without a key and an id. */
function startAlone(): Starter {
  let own: EffectsOnce | undefined
  return (call, run) => {
    own ??= new EffectsOnce(1)
    return own.run(effectOf(call, call.idempotencyKey, undefined), (watch) => run(call, watch))
  }
}

function effectOf(call: ToolCall, key: string, owner: object | undefined): EffectCall {
  const { idempotencyKey, tool, server, args, signal } = call
  return { key, idempotencyKey, tool, server, args, signal, owner }
}
