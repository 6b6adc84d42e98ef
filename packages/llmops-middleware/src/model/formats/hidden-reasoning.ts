/** Models of OpenAI that reason unless they are told not to (platform.openai.com/docs/guides/reasoning). */
const REASONS_BY_DEFAULT = /^(o\d|gpt-5(?!.*-chat))/
const EFFORTS_WITHOUT = new Set(['none', 'minimal'])

/**
 * Whether an answer may be billed for reasoning that its stream does not show, so that no one can tell from the stream
 * what it has cost.
 *
 * @param effort what the request asks for, if anything
 */
export function reasonsUnseen(model: string, effort: unknown): boolean {
  return typeof effort === 'string' ? !EFFORTS_WITHOUT.has(effort) : REASONS_BY_DEFAULT.test(model)
}
