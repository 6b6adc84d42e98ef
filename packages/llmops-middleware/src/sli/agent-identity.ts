import type { Attributes } from '@opentelemetry/api'
import { outermostOf, type Task } from '../task.ts'
import type { SpanSettings } from './span-options.ts'

/** In characters. Ids of conversations may come from outside. */
const MAX_LENGTH = 256

/**
 * The attributes of the agent and the conversation. They are the same on every span of a task, so that backends find
 * everything that an agent did. A nested task is not an agent of its own, though it may have a name.
 */
export function identityOf(
  task: Task | undefined,
  { agent }: SpanSettings,
  conversationId = task?.conversationId,
): Attributes {
  const name = outermostOf(task)?.name ?? agent.agentName
  const id = agent.agentId ?? name
  return {
    ...(id !== undefined && { 'gen_ai.agent.id': id }),
    ...(name !== undefined && { 'gen_ai.agent.name': name }),
    ...(agent.agentVersion !== undefined && { 'gen_ai.agent.version': agent.agentVersion }),
    ...(conversationId !== undefined && { 'gen_ai.conversation.id': conversationId.slice(0, MAX_LENGTH) }),
  }
}
