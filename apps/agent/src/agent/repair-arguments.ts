import type { AskModel } from 'llmops-middleware/repair'
import type OpenAI from 'openai'
import type { ReasoningEffort } from '../settings/settings.ts'
import { effortOf } from './turn.ts'

const MAX_OUTPUT_TOKENS = 400

/** Asks the model to repair the arguments of a tool call, in one governed call that the task pays for. */
export function repairArguments(client: OpenAI, model: string, effort: ReasoningEffort | undefined): AskModel {
  return async ({ messages, signal }) => {
    const request = { model, messages: [...messages], max_completion_tokens: MAX_OUTPUT_TOKENS, ...effortOf(effort) }
    const answer = await client.chat.completions.create(request, { signal: signal ?? null })
    return answer.choices[0]?.message.content ?? ''
  }
}
