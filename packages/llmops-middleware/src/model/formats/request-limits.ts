/**
 * The longest request that OpenAI accepts, including images (platform.openai.com/docs/guides/images-vision). The longest
 * text in Node is only a little longer.
 */
export const OPENAI_MAX_REQUEST_BYTES = 512_000_000

/** docs.anthropic.com/en/api/overview#request-size-limits. */
export const ANTHROPIC_MAX_REQUEST_BYTES = 32 * 1024 * 1024

/** ai.google.dev/gemini-api/docs/file-input-methods. */
export const GEMINI_MAX_REQUEST_BYTES = 100 * 1024 * 1024
