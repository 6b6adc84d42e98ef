import { LlmOpsError, NoToolAvailable, ToolLoopError } from 'llmops-middleware'
import type { AskModel } from 'llmops-middleware/repair'
import type { AgentTool } from '../tools/index.ts'
import type { ToolRequest } from './tool-pieces.ts'

export type ToolUse = {
  /** What the model is told, as JSON. */
  readonly content: string
  readonly status: 'ok' | 'fallback' | 'error'
  /** Set when the model has asked for the same thing so often that the task has failed. */
  readonly isLoop?: boolean
}

export type ToolUseOptions = {
  readonly signal: AbortSignal
  /** Tells this call from every other: no effect is started twice for it. */
  readonly key: string
  /** Whether the model is known to have finished its answer; undefined when its provider does not say. */
  readonly isComplete: boolean | undefined
  /** Mends arguments that nothing free could mend. */
  readonly askModel: AskModel
  /** What the user asked. */
  readonly question: string
}

/**
 * Calls the tool that the model asked for. What the model can do better next time (a wrong name, an argument beyond
 * repair) is told to the model; what it cannot is thrown.
 *
 * @throws NoToolAvailable when nothing that could answer is up.
 */
export async function useTool(
  tools: readonly AgentTool[],
  request: ToolRequest,
  { signal, key, isComplete, askModel, question }: ToolUseOptions,
): Promise<ToolUse> {
  const tool = tools.find(({ name }) => name === request.name)
  if (!tool)
    return failed(`There is no tool '${request.name}'. There are: ${tools.map(({ name }) => name).join(', ')}.`)
  try {
    const { value, status } = await tool.execute(request.arguments, {
      id: request.id,
      key,
      isComplete,
      askModel,
      context: question,
    })
    return { content: JSON.stringify(value), status }
  } catch (error) {
    if (signal.aborted || NoToolAvailable.isInstance(error) || !LlmOpsError.isInstance(error)) throw error
    return { ...failed(error.message), isLoop: ToolLoopError.isInstance(error) }
  }
}

function failed(message: string): ToolUse {
  return { content: JSON.stringify({ error: message }), status: 'error' }
}
