/** OpenAI models that reason unless the request says otherwise (platform.openai.com/docs/guides/reasoning). */
const REASONS_BY_DEFAULT = /^(o\d|gpt-5(?!.*-chat))/
const EFFORTS_WITHOUT = new Set(['none', 'minimal'])

/**
 * Whether an answer may be billed for reasoning that its stream does not contain, so that the stream does not show its
 * cost.
 *
 * @param effort the reasoning effort of the request, if any
 */
export function reasonsUnseen(model: string, effort: unknown): boolean {
  return typeof effort === 'string' ? !EFFORTS_WITHOUT.has(effort) : REASONS_BY_DEFAULT.test(model)
}
