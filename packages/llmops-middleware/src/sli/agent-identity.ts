import type { Attributes } from '@opentelemetry/api'
import { outermostOf, type Task } from '../task.ts'
import type { SpanSettings } from './span-options.ts'

/** Ids of conversations may come from outside. */
const MAX_LENGTH = 256

/**
 * Who the agent is, and in which conversation: the same on every span of a task, by which backends find all that an agent
 * did. A nested task has no agent of its own, though it may have a name.
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
