import type { Task } from 'llmops-middleware'
import type OpenAI from 'openai'
import type { ChatMessage } from '../http/chat-request.ts'
import type { ReasoningEffort, TaskLimits } from '../settings/settings.ts'
import type { AgentTool } from '../tools/index.ts'
import type { NeedsTool } from '../tools/needs-tool.ts'
import type { Answer, AnswerOutcome, FailureReason } from './answer.ts'
import type { AgentEvents } from './events.ts'
import { repairArguments } from './repair-arguments.ts'
import { askModel, type Turn } from './turn.ts'
import { useTool } from './use-tool.ts'

const MAX_OUTPUT_TOKENS = 800

export type Agent = {
  readonly client: OpenAI
  readonly model: string
  readonly reasoningEffort: ReasoningEffort | undefined
  readonly prompt: string
  readonly tools: readonly AgentTool[]
  readonly needsTool: NeedsTool
  readonly limits: TaskLimits
}

/**
 * Lets the model call tools until it answers, within the limits of steps and tokens and the deadline of the task. The
 * outcome says whether the answer counts as a success.
 *
 * @throws when no answer is possible: no model or tool is available, the budget is spent, or the deadline has passed.
 */
export async function runAgent(
  { client, model, reasoningEffort, prompt, tools, needsTool, limits }: Agent,
  conversation: readonly ChatMessage[],
  task: Task,
  { onDelta, onTool }: AgentEvents = {},
): Promise<Answer> {
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'system', content: prompt }, ...conversation]
  const definitions = tools.map((tool) => tool.definition)
  const { signal } = task
  const question = conversation.findLast(({ role }) => role === 'user')?.content ?? ''
  const toolUse = { signal, question, askModel: repairArguments(client, model, reasoningEffort) }
  let isGrounded = !needsTool(question)
  let answeredBy = model
  for (let step = 1; step <= limits.maxSteps; step++) {
    if (usedTokens(task) >= limits.maxTokens)
      return { text: '', model: answeredBy, steps: step, ...failed('token_limit') }
    const clampsBefore = task.totals.clamps
    const turn = await askModel(
      { client, model, reasoningEffort, messages, tools: definitions, maxOutputTokens: MAX_OUTPUT_TOKENS, signal },
      onDelta,
    )
    answeredBy = turn.model
    if (turn.finishReason === 'length' && task.totals.clamps > clampsBefore) {
      return { text: turn.text, model: answeredBy, steps: step, ...failed('budget_exceeded') }
    }
    if (turn.toolRequests.length === 0) {
      return { text: turn.text, model: answeredBy, steps: step, outcome: classify(turn, isGrounded) }
    }
    messages.push(asMessage(turn))
    const isComplete = isWhole(turn)
    // One after another: a ticket may depend on the result of the call before it.
    for (const request of turn.toolRequests) {
      // The step is part of the key because some gateways reuse the same ids in every answer.
      const key = `${task.id}:${request.name}:${step}:${request.id}`
      const { content, status, isLoop } = await useTool(tools, request, { ...toolUse, key, isComplete })
      isGrounded ||= status !== 'error'
      await onTool?.({ tool: request.name, status })
      messages.push({ role: 'tool', tool_call_id: request.id, content })
      if (isLoop) return { text: turn.text, model: answeredBy, steps: step, ...failed('loop') }
    }
  }
  return { text: '', model: answeredBy, steps: limits.maxSteps, ...failed('step_limit') }
}

/**
 * An answer counts as a success if it is complete, is not empty, and is based on a tool result where the question needs
 * one.
 */
function classify({ text, finishReason }: Turn, isGrounded: boolean): AnswerOutcome {
  if (finishReason === 'content_filter') return failed('content_filter').outcome
  if (text.trim() === '') return failed('no_answer').outcome
  if (finishReason === 'length') return failed('truncated_answer').outcome
  if (!isGrounded) return failed('ungrounded_answer').outcome
  return { status: 'completed' }
}

/** Whether the arguments of the tool calls are complete; undefined when the provider does not say. */
function isWhole({ finishReason }: Turn): boolean | undefined {
  if (finishReason === 'none') return undefined
  return finishReason === 'tool_calls' || finishReason === 'stop'
}

function failed(reason: FailureReason): { readonly outcome: AnswerOutcome } {
  return { outcome: { status: 'failed', reason } }
}

function usedTokens({ totals }: Task): number {
  return totals.inputTokens + totals.outputTokens
}

function asMessage({ text, toolRequests }: Turn): OpenAI.ChatCompletionAssistantMessageParam {
  return {
    role: 'assistant',
    content: text || null,
    tool_calls: toolRequests.map(({ id, name, arguments: args }) => ({
      id,
      type: 'function',
      function: { name, arguments: args },
    })),
  }
}
