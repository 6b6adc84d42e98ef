/**
 * The most tokens that one image can count. From platform.openai.com/docs/guides/images-vision: 85 + 170 a tile and at
 * most 8 tiles for gpt-4o, 1,536 patches × 2.46 for gpt-4.1-nano, and 2,833 + 5,667 a tile for gpt-4o-mini, which alone is
 * far above the rest. A remote image is not in the body, and a small file can be a large picture.
 */
const IMAGE_TOKENS = 3_800
const IMAGE_TOKENS_GPT_4O_MINI = 48_169

/**
 * Speech counts a token for each 100 ms (platform.openai.com/docs/guides/realtime-costs). The smallest files of speech
 * have 8 kbit a second: 1,334 letters of base64 for ten tokens.
 */
const AUDIO_BASE64_PER_TOKEN = 133

/** What the provider keeps, a file or an earlier conversation, is in no body: up to the context of a model. */
export const STORED_TOKENS = 128_000

/** Input that the bytes of the body do not bound. */
export function attachedTokens(model: string, messages: unknown): number {
  if (!Array.isArray(messages)) return 0
  let tokens = 0
  for (const message of messages) {
    const content: unknown = message?.content
    if (!Array.isArray(content)) continue
    for (const part of content) tokens += tokensOfPart(model, part)
  }
  return tokens
}

type Part = { readonly type?: unknown; readonly input_audio?: { readonly data?: unknown } } | null

function tokensOfPart(model: string, part: Part): number {
  switch (part?.type) {
    case 'image_url':
    case 'input_image':
    case 'image':
      return model.startsWith('gpt-4o-mini') ? IMAGE_TOKENS_GPT_4O_MINI : IMAGE_TOKENS
    case 'file':
    case 'input_file':
    case 'document':
      return STORED_TOKENS
    case 'input_audio':
      return Math.ceil(String(part.input_audio?.data ?? '').length / AUDIO_BASE64_PER_TOKEN)
    default:
      return 0
  }
}
