/** For a model of which nothing is known: a million, as the longest of most providers count it. */
const UNKNOWN_CONTEXT_TOKENS = 1_050_000

/**
 * How much a model reads where the list of prices does not say, or rounds it down to a million, as of 26 November 2026:
 * platform.openai.com/docs/models, ai.google.dev/gemini-api/docs/models, api-docs.deepseek.com.
 */
const CONTEXT_TOKENS: readonly (readonly [RegExp, number])[] = [
  [/^gpt-4\.1/, 1_047_576],
  [/^gpt-5\.5/, 1_050_000],
  [/^gemini-(2\.[05]|3)(?!.*(tts|live|image))/, 1_048_576],
  // The list has the window of a model that this name stood for in 2024.
  [/^deepseek-(chat|reasoner)$/, 1_000_000],
]

/** The most tokens of input, in a prompt or referred to, that a model can be billed for at once. */
export function contextWindow(model: string, listed: number | undefined): number {
  return CONTEXT_TOKENS.find(([name]) => name.test(model))?.[1] ?? listed ?? UNKNOWN_CONTEXT_TOKENS
}
