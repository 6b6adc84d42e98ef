import type { Usage } from '../../usage.ts'
import type { AddedUsage } from '../wire-format.ts'
import { readOpenAiUsage } from './openai-usage.ts'

type Body = Readonly<Record<string, unknown>>

/** The default model of the tool, and the dearest one: a model without a known price is charged like it. */
const PICTURE_MODEL = 'gpt-image-1'

/**
 * Returns the usage of images that the provider's own tool generated for a response. Another model generates them, and its
 * tokens are not in the usage of the response (platform.openai.com/docs/guides/tools-image-generation).
 */
export function generatedImages({ tool_usage: toolUsage, tools, output }: Body): readonly AddedUsage[] {
  const reported = (toolUsage as { readonly image_gen?: PictureUsage | null } | null | undefined)?.image_gen
  const usage = usageOf(reported) ?? documentedUsage(output)
  if (usage.outputTokens === 0 && usage.inputTokens === 0) return []
  const tool = toolsIn(tools)[0]
  return [{ model: typeof tool?.model === 'string' ? tool.model : PICTURE_MODEL, pricedLike: PICTURE_MODEL, usage }]
}

/** Returns how many tools of a request generate images. */
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

function usageOf(reported: PictureUsage | null | undefined): Usage | undefined {
  const usage = readOpenAiUsage({
    input_tokens: 0,
    ...reported,
    input_tokens_details: reported?.input_tokens_details,
  })
  if (!usage || usage.outputTokens === 0) return undefined
  const { cached_tokens: cached, output_tokens_details: details } = reported ?? {}
  return {
    ...usage,
    ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}),
    outputImageTokens: typeof details?.image_tokens === 'number' ? details.image_tokens : usage.outputTokens,
  }
}

/** The tokens of one image by quality (platform.openai.com/docs/guides/image-generation, cost and latency). */
const PICTURE_TOKENS: Readonly<Record<string, readonly [square: number, other: number]>> = {
  low: [272, 408],
  medium: [1056, 1584],
  high: [4160, 6240],
}

type Item = { readonly type?: unknown; readonly quality?: unknown; readonly size?: unknown; readonly result?: unknown }

/** If the usage of the tool is not reported, its images in the output are counted by the documented tokens. */
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
