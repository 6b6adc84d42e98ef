import type { Conversation, JsonSchema, Message } from '../../brain/conversation.ts'
import { contentText } from '../content-text.ts'
import { missing } from '../invalid-request.ts'
import type { WireError, WireRequest } from '../wire.ts'
import { refusalOf } from './model-refusals.ts'
import { problemOf } from './problem.ts'

export function readRequest(body: Readonly<Record<string, unknown>>, deployment: string): WireRequest | WireError {
  const model = deployment || body['model']
  if (typeof model !== 'string' || model === '') return missing('model')
  const problem = problemOf(body)
  if (problem) return problem
  const chat = body as ChatBody
  return {
    conversation: readConversation(chat, model),
    isStream: chat.stream === true,
    isPrefilled: chat.messages.at(-1)?.role === 'assistant',
    user: chat.user,
    refusedBy: (name) => refusalOf(name, body),
  }
}

/** What `problemOf` made sure of. */
type ChatBody = {
  messages: readonly ChatMessage[]
  tools?: { function: { name: string; description?: string; parameters?: JsonSchema | null } }[] | null
  tool_choice?: 'auto' | 'none' | 'required' | { function: { name: string } } | null
  parallel_tool_calls?: boolean
  response_format?: { type: string; json_schema?: { schema: JsonSchema } } | null
  max_completion_tokens?: number | null
  max_tokens?: number | null
  n?: number | null
  stream?: boolean
  user?: string
}

type ChatMessage = {
  role: string
  content?: string | { type: string; text?: string }[] | null
  tool_calls?: { id: string; function: { name: string; arguments: string } }[] | null
  tool_call_id?: string
}

function readConversation(body: ChatBody, model: string): Conversation {
  const isSystem = ({ role }: ChatMessage) => role === 'system' || role === 'developer'
  const choice = body.tool_choice ?? 'auto'
  return {
    model,
    system: body.messages.filter(isSystem).map(textOf).join('\n'),
    messages: body.messages.filter((message) => !isSystem(message)).map(readMessage),
    tools: (body.tools ?? []).map(({ function: { name, description = '', parameters } }) => ({
      name,
      description,
      parameters: parameters ?? {},
    })),
    toolChoice: typeof choice === 'object' ? { name: choice.function.name } : choice,
    isParallel: body.parallel_tool_calls !== false,
    answerSchema: answerSchemaOf(body),
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    choices: body.n ?? 1,
    mistake: undefined,
  }
}

function answerSchemaOf({ response_format: format }: ChatBody): JsonSchema | true | undefined {
  if (format?.type === 'json_schema') return format.json_schema!.schema
  return format?.type === 'json_object' || undefined
}

function readMessage(message: ChatMessage): Message {
  const text = textOf(message)
  if (message.role === 'tool') return { role: 'tool', text, toolCallId: message.tool_call_id! }
  if (message.role !== 'assistant') return { role: 'user', text }
  const toolCalls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({
    id,
    name,
    arguments: args,
  }))
  return { role: 'assistant', text, toolCalls }
}

function textOf({ content }: ChatMessage): string {
  return contentText(content)
}
