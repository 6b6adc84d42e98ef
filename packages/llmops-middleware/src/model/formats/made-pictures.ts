import type { Usage } from '../../usage.ts'
import type { AddedUsage } from '../wire-format.ts'
import { readResponsesUsage } from './openai-usage.ts'

type Body = Readonly<Record<string, unknown>>

/** What the tool uses by itself, and the dearest of its kind: a model whose price nobody knows is charged like it. */
const PICTURE_MODEL = 'gpt-image-1'

/**
 * What the pictures cost that the provider's own tool made for a response: another model makes them, and none of its tokens
 * are in the usage of the response (platform.openai.com/docs/guides/tools-image-generation).
 */
export function madePictures({ tool_usage: toolUsage, tools, output }: Body): readonly AddedUsage[] {
  const told = (toolUsage as { readonly image_gen?: PictureUsage | null } | null | undefined)?.image_gen
  const usage = usageOf(told) ?? documentedUsage(output)
  if (usage.outputTokens === 0 && usage.inputTokens === 0) return []
  const tool = toolsIn(tools)[0]
  return [{ model: typeof tool?.model === 'string' ? tool.model : PICTURE_MODEL, pricedLike: PICTURE_MODEL, usage }]
}

/** How many tools of a request make pictures. */
export function pictureTools(tools: unknown): number {
  return toolsIn(tools).length
}

type Tool = { readonly type?: unknown; readonly model?: unknown } | null

function toolsIn(tools: unknown): readonly Tool[] {
  return (Array.isArray(tools) ? (tools as readonly Tool[]) : []).filter((tool) => tool?.type === 'image_generation')
}

type PictureUsage = {
  readonly output_tokens?: unknown
  readonly input_tokens_details?: object | null
  readonly output_tokens_details?: { readonly image_tokens?: unknown } | null
  readonly cached_tokens?: unknown
}

function usageOf(told: PictureUsage | null | undefined): Usage | undefined {
  const usage = readResponsesUsage({ input_tokens: 0, ...told, input_tokens_details: told?.input_tokens_details })
  if (!usage || usage.outputTokens === 0) return undefined
  const { cached_tokens: cached, output_tokens_details: details } = told ?? {}
  return {
    ...usage,
    ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}),
    outputImageTokens: typeof details?.image_tokens === 'number' ? details.image_tokens : usage.outputTokens,
  }
}

/** The tokens of one picture, square or not (platform.openai.com/docs/guides/image-generation, cost and latency). */
const PICTURE_TOKENS: Readonly<Record<string, readonly [square: number, other: number]>> = {
  low: [272, 408],
  medium: [1056, 1584],
  high: [4160, 6240],
}

type Item = { readonly type?: unknown; readonly quality?: unknown; readonly size?: unknown; readonly result?: unknown }

/** Servers that tell no usage of the tool show its pictures, which are counted as they are documented. */
function documentedUsage(output: unknown): Usage {
  const items = (Array.isArray(output) ? output : []) as readonly (Item | null)[]
  let outputTokens = 0
  for (const item of items) {
    if (item?.type !== 'image_generation_call' || !item.result) continue
    const [square, other] = PICTURE_TOKENS[String(item.quality)] ?? PICTURE_TOKENS['high']!
    outputTokens += item.size === '1024x1024' ? square : other
  }
  return { inputTokens: 0, outputTokens, outputImageTokens: outputTokens }
}
