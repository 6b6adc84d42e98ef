import { baseModel, namesFor } from './model-names.ts'

/**
 * The context and maximum output of models, as of 26 November 2026, where the price list lacks or rounds them. The list has
 * no maximum outputs at all; a test fails when it has them. An entry in `overrides` takes precedence.
 */
type Limits = readonly (readonly [model: RegExp, tokens: number])[]

/** The context of an unknown model: a million, the longest of most providers. */
const UNKNOWN_CONTEXT_TOKENS = 1_050_000

const CONTEXT_TOKENS: Limits = [
  // developers.openai.com/api/docs/models: the price list has a round million.
  [/^gpt-4\.1/, 1_047_576],
  [/^gpt-5\.5/, 1_050_000],
  // ai.google.dev/gemini-api/docs/models
  [/^gemini-(2\.[05]|3)(?!.*(tts|live|image))/, 1_048_576],
  // api-docs.deepseek.com: the list has the window of a model that this name stood for in 2024.
  [/^deepseek-(chat|reasoner)$/, 1_000_000],
]

const MAX_OUTPUT_TOKENS: Limits = [
  // developers.openai.com/api/docs/models/<model>
  [/^gpt-3\.5/, 4_096],
  [/^gpt-4(-turbo|-vision|-1106|-0125)/, 4_096],
  [/^gpt-4(-0613|-0314)?$/, 8_192],
  [/^gpt-4o-2024-05-13/, 4_096],
  [/^(chatgpt|gpt)-4o/, 16_384],
  [/^gpt-4\.1/, 32_768],
  [/^gpt-4\.5/, 16_384],
  [/^gpt-audio/, 16_384],
  [/^gpt-5-pro/, 272_000],
  [/^gpt-5(\.\d)?-chat/, 16_384],
  [/^gpt-5/, 128_000],
  [/^gpt-oss/, 131_072],
  [/^o1-preview/, 32_768],
  [/^o1-mini/, 65_536],
  [/^(o[134]|codex-mini)/, 100_000],
  [/^computer-use/, 1_024],
  // platform.claude.com/docs/en/about-claude/models/overview; 3.7 with the header `output-128k`
  [/claude-3-(haiku|opus|sonnet)/, 4_096],
  [/claude-3[-.]5/, 8_192],
  [/claude-(opus-4([-.][01])?|4-opus)$/, 32_000],
  [/claude-(\w+-4[-.]5|sonnet-4([-.]0)?$|4-sonnet)/, 64_000],
  [/claude-(3[-.]7|(opus|sonnet)-4[-.][6-9]|(opus|sonnet|haiku|fable)-5)/, 128_000],
  // ai.google.dev/gemini-api/docs/models
  [/^gemini-(1\.5|2\.0)/, 8_192],
  [/^gemini-(2\.5|3)/, 65_536],
]

/** Returns the most input tokens that a call to a model can be billed, including references. */
export function contextWindow(model: string, listed: number | undefined): number {
  return limitOf(model, CONTEXT_TOKENS) ?? listed ?? UNKNOWN_CONTEXT_TOKENS
}

/** Returns the most tokens of one answer, including reasoning; undefined if it is not documented. */
export function documentedOutputTokens(model: string): number | undefined {
  return limitOf(model, MAX_OUTPUT_TOKENS)
}

/** Tries the whole name first, because models can differ only by their date. */
function limitOf(model: string, limits: Limits): number | undefined {
  for (const name of namesFor(baseModel(model))) {
    const tokens = limits.find(([pattern]) => pattern.test(name))?.[1]
    if (tokens !== undefined) return tokens
  }
  return undefined
}
