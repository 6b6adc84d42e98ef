import type { Usage } from '../../usage.ts'
import { MOST_PICTURE_TOKENS } from '../input/picture-tokens.ts'

type Item = { readonly type?: unknown; readonly id?: unknown } | null

/** Items that contain only what the model wrote. Others contain results of the provider's tools. */
const WRITTEN = /^(message|reasoning|(function|custom_tool|computer|local_shell|shell|apply_patch|tool_search)_call)$/

/** Returns the ids that later requests can refer to, with sizes: a stored response, its conversation, each of its items. */
export function referableItems(
  response: Readonly<Record<string, unknown>>,
  usage: Usage,
): (readonly [string, number])[] {
  if (response['store'] === false) return []
  const { id, conversation, output } = response
  const whole = usage.inputTokens + usage.outputTokens
  const kept: [unknown, number][] = [
    [id, whole],
    [(conversation as Item | undefined)?.id, whole],
  ]
  if (Array.isArray(output)) for (const item of output) kept.push([item?.id, tokensOf(item, usage)])
  return kept.filter((entry): entry is [string, number] => typeof entry[0] === 'string')
}

function tokensOf(item: Item, { inputTokens, outputTokens, reasoningTokens }: Usage): number {
  const type = String(item?.type)
  if (type === 'image_generation_call') return inputTokens + outputTokens + MOST_PICTURE_TOKENS
  if (!WRITTEN.test(type)) return inputTokens + outputTokens
  if (type === 'reasoning') return reasoningTokens || outputTokens
  return Math.min(outputTokens, Buffer.byteLength(JSON.stringify(item)))
}
