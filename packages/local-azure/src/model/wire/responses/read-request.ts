import type { Conversation, JsonSchema, Message } from '../../brain/conversation.ts'
import { contentText } from '../content-text.ts'
import { invalid, isObject, missing } from '../invalid-request.ts'
import type { WireError, WireRequest } from '../wire.ts'
import { problemOf } from './problem.ts'

export function readRequest(body: Readonly<Record<string, unknown>>): WireRequest | WireError {
  const model = body['model']
  if (typeof model !== 'string' || model === '') return missing('model')
  const previous = body['previous_response_id']
  if (typeof previous === 'string') {
    const message = `Previous response with id '${previous}' not found.`
    return invalid('previous_response_id', message, 'previous_response_not_found')
  }
  const problem = problemOf(body)
  if (problem) return problem
  const asked = body as ResponsesBody
  const conversation = readConversation(asked, model)
  return {
    conversation,
    isStream: asked.stream === true,
    isPrefilled: conversation.messages.at(-1)?.role === 'assistant',
    user: asked.safety_identifier ?? asked.user,
  }
}

/** What `problemOf` made sure of. */
type ResponsesBody = {
  input: string | readonly Record<string, unknown>[]
  instructions?: string | null
  tools?: { type: string; name: string; description?: string | null; parameters?: JsonSchema | null }[] | null
  tool_choice?: 'auto' | 'none' | 'required' | { name?: string } | null
  parallel_tool_calls?: boolean | null
  text?: { format?: { type: string; schema?: JsonSchema } }
  max_output_tokens?: number | null
  stream?: boolean | null
  user?: string
  safety_identifier?: string
}

function readConversation(body: ResponsesBody, model: string): Conversation {
  const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input
  const isSystem = ({ role }: Record<string, unknown>) => role === 'system' || role === 'developer'
  const choice = body.tool_choice ?? 'auto'
  const format = body.text?.format
  return {
    model,
    system: [body.instructions ?? '', ...items.filter(isSystem).map((item) => contentText(item['content']))].join('\n'),
    messages: items.filter((item) => !isSystem(item)).flatMap(readItem),
    // Built-in tools run at the provider; this model offers none.
    tools: (body.tools ?? [])
      .filter(({ type }) => type === 'function')
      .map(({ name, description, parameters }) => ({
        name,
        description: description ?? '',
        parameters: parameters ?? {},
      })),
    toolChoice: typeof choice === 'object' ? (choice.name ? { name: choice.name } : 'auto') : choice,
    isParallel: body.parallel_tool_calls !== false,
    answerSchema:
      format?.type === 'json_schema' ? (format.schema ?? true) : format?.type === 'json_object' || undefined,
    maxOutputTokens: body.max_output_tokens ?? undefined,
    choices: 1,
    mistake: undefined,
  }
}

function readItem(item: Record<string, unknown>): Message[] {
  const { type = 'message', role, content, call_id: id, name, arguments: args, output } = item
  switch (type) {
    case 'message':
      if (role === 'assistant') return [{ role, text: contentText(content), toolCalls: [] }]
      return [{ role: 'user', text: contentText(content) }]
    case 'function_call':
      return [
        { role: 'assistant', text: '', toolCalls: [{ id: String(id), name: String(name), arguments: String(args) }] },
      ]
    case 'function_call_output':
      return [{ role: 'tool', toolCallId: String(id), text: isObject(output) ? '' : contentText(output) }]
    default:
      return []
  }
}
