/**
 * The most tokens that one image can count. From platform.openai.com/docs/guides/images-vision: 85 + 170 a tile and at
 * most 8 tiles for gpt-4o, 1,536 patches × 2.46 for gpt-4.1-nano, and 2,833 + 5,667 a tile for gpt-4o-mini, which alone is
 * far above the rest. A remote image is not in the body, and a small file can be a large picture.
 */
const IMAGE_TOKENS = 3_800
const IMAGE_TOKENS_GPT_4O_MINI = 48_169

/** What the provider keeps, a file or an earlier conversation, is in no body: up to the context of a model. */
export const STORED_TOKENS = 128_000

/** Input that the bytes of the body do not bound. */
export function attachedTokens(model: string, messages: unknown): number {
  if (!Array.isArray(messages)) return 0
  let tokens = 0
  for (const message of messages) {
    const content: unknown = message?.content
    if (!Array.isArray(content)) continue
    for (const part of content) tokens += tokensOfPart(model, part?.type)
  }
  return tokens
}

function tokensOfPart(model: string, type: unknown): number {
  switch (type) {
    case 'image_url':
    case 'input_image':
    case 'image':
      return model.startsWith('gpt-4o-mini') ? IMAGE_TOKENS_GPT_4O_MINI : IMAGE_TOKENS
    case 'file':
    case 'input_file':
    case 'document':
      return STORED_TOKENS
    default:
      return 0
  }
}
