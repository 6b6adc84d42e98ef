import type { AskModel } from 'llmops-middleware/repair'
import type OpenAI from 'openai'
import type { ReasoningEffort } from '../settings/settings.ts'
import { effortOf } from './turn.ts'

const MAX_OUTPUT_TOKENS = 400

/** Lets the model mend the arguments of a tool call: one governed call, paid like every other of the task. */
export function mendArguments(client: OpenAI, model: string, effort: ReasoningEffort | undefined): AskModel {
  return async ({ messages, signal }) => {
    const request = { model, messages: [...messages], max_completion_tokens: MAX_OUTPUT_TOKENS, ...effortOf(effort) }
    const answer = await client.chat.completions.create(request, { signal: signal ?? null })
    return answer.choices[0]?.message.content ?? ''
  }
}
