import { LlmOpsError, NoToolAvailable, ToolLoopError } from 'llmops-middleware'
import type { AskModel } from 'llmops-middleware/repair'
import type { AgentTool } from '../tools/index.ts'
import type { ToolRequest } from './tool-pieces.ts'

export type ToolUse = {
  /** The result for the model, as JSON. */
  readonly content: string
  readonly status: 'ok' | 'fallback' | 'error'
  /** Set when the model has repeated this call so often that the task fails. */
  readonly isLoop?: boolean
}

export type ToolUseOptions = {
  readonly signal: AbortSignal
  /** Unique for this call: an effect is started at most once for a key. */
  readonly key: string
  /** Whether the model is known to have finished its answer; undefined when its provider does not say. */
  readonly isComplete: boolean | undefined
  /** Repairs arguments that could not be repaired without a model call. */
  readonly askModel: AskModel
  /** What the user asked. */
  readonly question: string
}

/**
 * Calls the tool that the model asked for. Errors that the model can correct (a wrong name, arguments that could not be
 * repaired) are returned to the model; all others are thrown.
 *
 * @throws NoToolAvailable when neither the tool nor a fallback is available.
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
