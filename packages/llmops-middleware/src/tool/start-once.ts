import { shortened } from './canonical-json.ts'
import type { CheckedAnswer } from './checked-result.ts'
import { argumentsHash, type EffectCall, EffectsOnce } from './effects-once.ts'
import type { Watch } from './function-run.ts'
import type { ToolCallOptions } from './tool.ts'
import type { ToolCall } from './tool-call.ts'

/** Per process. At most about 80 MB, if all arguments and results have the longest size that is stored. */
const MAX_REMEMBERED = 10_000

/** Shared by the whole process, because a tool may be created again for each request. */
const effects = new EffectsOnce(MAX_REMEMBERED)

let tools = 0

type RunCall = (call: ToolCall, watch: Watch | undefined) => Promise<CheckedAnswer>

export type Starter = (call: ToolCall, run: RunCall) => Promise<CheckedAnswer>

/**
 * Starts an effect of one tool at most once per key, however often its caller calls it and its layers call `next`.
 *
 * @returns a function from the options of one call to what runs it
 */
export function effectStarter(): (options: ToolCallOptions) => Starter {
  const number = ++tools
  return ({ key, id }) => {
    if (key === undefined && id === undefined) return startAlone()
    const self = {}
    return (call, run) => {
      // Without a task or a key, the id does not show whose call it is.
      const hasNoOwner = key === undefined && call.task === undefined
      // As JSON, because the name of a tenant and a key may contain any separator.
      const inScope = (key: string) =>
        shortened(JSON.stringify([hasNoOwner ? number : (call.tenant ?? ''), call.tool, key]))
      const effect = effectOf(call, inScope(call.idempotencyKey), hasNoOwner ? self : undefined)
      if (effects.isNew(effect.key)) return effects.start(effect, (watch) => run(call, watch))
      // Some gateways use the same ids in every answer, so a call with other arguments is a different call.
      if (key !== undefined || !effects.hadOtherArguments(effect))
        return effects.run(effect, (watch) => run(call, watch))
      const own = { ...call, idempotencyKey: `${call.idempotencyKey}:${argumentsHash(call.args)}` }
      const other = effectOf(own, inScope(own.idempotencyKey), effect.owner)
      return effects.run(other, (watch) => run(own, watch))
    }
  }
}

/** A call without a key and an id can be repeated only by its own layers. */
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
