import type { Conversation, JsonSchema, Message } from '../../brain/conversation.ts'
import { contentText } from '../content-text.ts'
import { missing } from '../invalid-request.ts'
import type { WireError, WireRequest } from '../wire.ts'
import { problemOf } from './problem.ts'

export function readRequest(body: Readonly<Record<string, unknown>>): WireRequest | WireError {
  const model = body['model']
  if (typeof model !== 'string' || model === '') return missing('model')
  const problem = problemOf(body)
  if (problem) return problem
  const asked = body as MessagesBody
  return {
    conversation: readConversation(asked, model),
    isStream: asked.stream === true,
    isPrefilled: asked.messages.at(-1)?.role === 'assistant',
    user: asked.metadata?.user_id,
  }
}

/** What `problemOf` made sure of. */
type MessagesBody = {
  messages: readonly AnthropicMessage[]
  max_tokens: number
  system?: unknown
  tools?: { name: string; description?: string; input_schema: JsonSchema }[]
  tool_choice?: { type: string; name?: string; disable_parallel_tool_use?: boolean }
  stream?: boolean
  metadata?: { user_id?: string }
}

type AnthropicMessage = { role: 'user' | 'assistant'; content: string | readonly Record<string, unknown>[] }

function readConversation(body: MessagesBody, model: string): Conversation {
  return {
    model,
    system: contentText(body.system),
    messages: body.messages.flatMap(readMessage),
    tools: (body.tools ?? [])
      .filter((tool) => tool.input_schema !== undefined)
      .map(({ name, description = '', input_schema: parameters }) => ({ name, description, parameters })),
    toolChoice: toolChoiceOf(body),
    isParallel: body.tool_choice?.disable_parallel_tool_use !== true,
    answerSchema: undefined,
    maxOutputTokens: body.max_tokens,
    choices: 1,
    mistake: undefined,
  }
}

function toolChoiceOf({ tool_choice: choice }: MessagesBody): Conversation['toolChoice'] {
  switch (choice?.type) {
    case 'none':
      return 'none'
    case 'any':
      return 'required'
    case 'tool':
      return { name: choice.name ?? '' }
    default:
      return 'auto'
  }
}

/** Results of tools come inside the user's messages here; they are messages of their own to the brain. */
function readMessage({ role, content }: AnthropicMessage): Message[] {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  const text = contentText(blocks)
  if (role === 'assistant') {
    const toolCalls = blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, name, input }) => ({ id: String(id), name: String(name), arguments: JSON.stringify(input) }))
    return [{ role, text, toolCalls }]
  }
  const results = blocks
    .filter(({ type }) => type === 'tool_result')
    .map(
      (block): Message => ({
        role: 'tool',
        toolCallId: String(block['tool_use_id']),
        text: contentText(block['content']),
      }),
    )
  return text || results.length === 0 ? [...results, { role: 'user', text }] : results
}
