import { isCount, isSound, type Usage } from '../../usage.ts'
import type { AnswerFacts } from '../wire-format.ts'

/**
 * Returns a usage that is final, or as early figures. A usage without output is not final if there is text: some
 * servers leave the count out, or send zero. A count that cannot be one is as good as none.
 *
 * @param hasText whether a text was generated
 */
export function finalUsage(usage: Usage, hasText: () => boolean): Pick<AnswerFacts, 'usage' | 'inputUsage'> {
  const { outputTokens } = usage
  const isFinal = isCount(outputTokens) && (outputTokens > 0 || !hasText())
  const early = earlyUsage(usage)
  return isFinal || !isSound(early.inputUsage) ? { usage } : early
}

/** Returns a usage that does not cover the whole answer. An output that cannot be one is left out. */
export function earlyUsage(usage: Usage): { readonly inputUsage: Usage } {
  if (isSound(usage)) return { inputUsage: usage }
  return { inputUsage: { ...usage, outputTokens: 0, reasoningTokens: 0, outputAudioTokens: 0, outputImageTokens: 0 } }
}

/** Where an answer, a message or a part of one has what was generated. A call without arguments has its name. */
const GENERATED = [
  'content',
  'text',
  'parts',
  'name',
  'tool_calls',
  'function',
  'custom',
  'function_call',
  'functionCall',
  'arguments',
  'audio',
  'transcript',
  'reasoning',
  'reasoning_content',
  'thinking',
  'refusal',
  'input',
  'summary',
]

/** Deeper than any answer. Limits the recursion. */
const MAX_DEPTH = 8

/** Whether an answer has any text that a model generated. */
export function hasGenerated(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value !== ''
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false
  if (Array.isArray(value)) return value.some((each) => hasGenerated(each, depth + 1))
  const part = value as Readonly<Record<string, unknown>>
  return GENERATED.some((name) => hasGenerated(part[name], depth + 1))
}
