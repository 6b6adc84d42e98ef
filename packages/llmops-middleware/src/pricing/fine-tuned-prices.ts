type UsdPerMillion = { readonly input: number; readonly cachedInput: number; readonly output: number }

/**
 * Prices of OpenAI's fine-tuned models by their base model, which the price list lacks, as of 26 November 2026:
 * developers.openai.com/api/docs/pricing.
 */
const FINE_TUNED: readonly (readonly [base: RegExp, price: UsdPerMillion])[] = [
  [/^gpt-4\.1-mini/, { input: 0.8, cachedInput: 0.2, output: 3.2 }],
  [/^gpt-4\.1-nano/, { input: 0.2, cachedInput: 0.05, output: 0.8 }],
  [/^gpt-4\.1/, { input: 3, cachedInput: 0.75, output: 12 }],
  [/^gpt-4o-mini/, { input: 0.3, cachedInput: 0.15, output: 1.2 }],
  [/^gpt-4o/, { input: 3.75, cachedInput: 1.875, output: 15 }],
  [/^o4-mini/, { input: 4, cachedInput: 1, output: 16 }],
  [/^gpt-3\.5-turbo/, { input: 3, cachedInput: 3, output: 6 }],
]

const FINE_TUNED_NAME = /^ft:([^:]+)/

/** Returns the base model and price of a fine-tuned model: `ft:gpt-4o-mini-2024-07-18:acme::id`. */
export function fineTuned(model: string): { readonly base: string; readonly price: UsdPerMillion } | undefined {
  const base = FINE_TUNED_NAME.exec(model)?.[1]
  const price = base === undefined ? undefined : FINE_TUNED.find(([name]) => name.test(base))?.[1]
  return price && { base: base!, price }
}
