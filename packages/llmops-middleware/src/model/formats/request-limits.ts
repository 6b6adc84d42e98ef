/**
 * The longest request that OpenAI takes, images included (platform.openai.com/docs/guides/images-vision). Node holds
 * little more as one text.
 */
export const OPENAI_MAX_REQUEST_BYTES = 512_000_000

/** docs.anthropic.com/en/api/overview#request-size-limits. */
export const ANTHROPIC_MAX_REQUEST_BYTES = 32 * 1024 * 1024

/** ai.google.dev/gemini-api/docs/file-input-methods. */
export const GEMINI_MAX_REQUEST_BYTES = 100 * 1024 * 1024
