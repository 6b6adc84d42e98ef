import { describeValue } from '../describe-value.ts'
import { InvalidOptionError } from '../errors.ts'
import type { ToolLayer } from './tool-call.ts'

/** Names the layer of the application that returns no result. What it throws is thrown by the call, as for a tool. */
export function ownToolLayer(layer: ToolLayer, index: number): ToolLayer {
  return async (call, next) => {
    const result: unknown = await layer(call, next)
    if (typeof result === 'object' && result !== null && 'value' in result)
      return result as Awaited<ReturnType<ToolLayer>>
    const hint = 'A layer must return the result of `next(call)`, or one with a `value`.'
    const accepted = 'a function that returns the result of a tool call'
    const missing = result === undefined ? `${hint} Is a \`return\` missing?` : hint
    throw new InvalidOptionError(`layers.tool[${index}]`, layer, accepted, missing, `returned ${describeValue(result)}`)
  }
}
