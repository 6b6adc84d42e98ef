import * as said from '../../messages/index.ts'
import { inputsOf } from '../wire/index.ts'
import type { TestCall, TestMessage, TestTool } from './test-call.ts'

type Json = said.Json
type Conversation = Pick<TestCall, 'system' | 'messages'>

const KEYS = new Set(['authorization', 'api-key', 'x-api-key'])

/** @throws Error that says what is not understood. */
export async function readRequest(format: TestCall['format'], request: Request): Promise<TestCall> {
  const body: Json = JSON.parse(await request.text()) ?? {}
  const { url, headers } = request
  const deployment = /\/deployments\/([^/]+)\//.exec(new URL(url).pathname)?.[1]
  const model = deployment ? decodeURIComponent(deployment) : body['model']
  if (typeof model !== 'string' || model === '') throw new Error('`model` is not a name.')
  const cap = body['max_completion_tokens'] ?? body['max_tokens'] ?? body['max_output_tokens']
  if (format === 'anthropicMessages' && cap === undefined) {
    throw new Error('`max_tokens` is missing, which Anthropic requires.')
  }
  // They come from a real model alone; null in their place would look like an answer to the request.
  const wantsLogprobs = body['logprobs'] === true || Number(body['top_logprobs'] ?? 0) > 0
  if (wantsLogprobs || said.listOf(body['include']).includes('message.output_text.logprobs')) {
    throw new Error('It asks for `logprobs`, which the test model does not have.')
  }
  return {
    format,
    url,
    headers: Object.fromEntries([...headers].filter(([name]) => !KEYS.has(name))),
    body,
    model,
    isStream: body['stream'] === true,
    maxOutputTokens: Number(cap) || undefined,
    ...(format === 'embeddings' ? textsOf(body) : conversationOf(body)),
    tools: said.listOf(body['tools']).filter(said.isObject).flatMap(toolOf),
    outcome: 'pending',
    status: undefined,
    usage: undefined,
  }
}

function textsOf({ input }: Json): Conversation {
  const texts = inputsOf(input).map((text) => String(text ?? ''))
  if (texts.length === 0 || texts.includes('')) throw new Error('`input` is empty, or one of its texts is.')
  return { system: '', messages: texts.map((text) => ({ role: 'user', text })) }
}

function conversationOf(body: Json): Conversation {
  const isAsked = body['messages'] !== undefined || body['input'] !== undefined
  const all = isAsked ? said.inputMessages(body, '') : []
  if (all.length === 0) throw new Error('It has no message, or none that is an object.')
  const isSystem = ({ role }: said.Message) => role === 'system' || role === 'developer'
  const system = [said.systemInstructions(body), ...all.filter(isSystem).map(({ parts }) => parts)].map(textIn)
  const messages = all.filter((message) => !isSystem(message)).flatMap(messagesOf)
  if (!refersBack(body)) checkToolResults(messages)
  return { system: system.filter(Boolean).join('\n'), messages }
}

/** Images and files say nothing. */
const textIn = (parts: said.Message['parts']) =>
  parts.map((part) => (part.type === 'text' && 'content' in part ? part.content : '')).join('')

/** Results of tools may come inside a user's message; here they are messages of their own. */
function messagesOf({ role, parts }: said.Message): TestMessage[] {
  if (parts.length > 0 && parts.every(({ type }) => type === 'reasoning' || type === 'item_reference')) return []
  const results: TestMessage[] = []
  const toolCalls: { id: string; name: string; arguments: string }[] = []
  for (const part of parts) {
    const id = String('id' in part ? part.id : '')
    if ('response' in part) results.push({ role: 'tool', text: textIn(said.partsOf(part.response)), toolCallId: id })
    if ('arguments' in part) toolCalls.push({ id, name: String(part.name), arguments: textOf(part.arguments) })
  }
  const text = textIn(parts)
  if (results.length > 0 && text === '') return results
  return [...results, { role: role === 'assistant' ? role : 'user', text, ...(toolCalls.length > 0 && { toolCalls }) }]
}

/** Whether the conversation continues one that a provider keeps, so that not all of it is in the request. */
function refersBack({ previous_response_id, conversation, input, thread }: Json): boolean {
  const isReference = (item: unknown) => said.isObject(item) && item['type'] === 'item_reference'
  const continued = said.isObject(thread) ? thread['previous_message_id'] : undefined
  return Boolean(previous_response_id ?? conversation ?? continued) || said.listOf(input).some(isReference)
}

/** The mistake of agents that every provider refuses. */
function checkToolResults(messages: readonly TestMessage[]): void {
  const open = new Set<string>()
  for (const { toolCalls = [], toolCallId } of messages) {
    for (const { id } of toolCalls) open.add(id)
    if (toolCallId !== undefined && !open.delete(toolCallId)) {
      throw new Error(`The result for the tool call '${toolCallId}' follows no such call.`)
    }
  }
  if (open.size > 0) throw new Error(`The tool call ${[...open].join(', ')} has no result.`)
}

/** A function, as each format offers it; tools of other types cannot be called. Of Anthropic's, `custom` is every own one. */
function toolOf(tool: Json): TestTool[] {
  const {
    type,
    name,
    description = '',
    input_schema,
    parameters = input_schema ?? {},
  }: Json = {
    ...tool,
    ...(said.isObject(tool['function']) && tool['function']),
  }
  const isOwn = typeof name === 'string' && (type !== 'custom' || input_schema !== undefined)
  return isOwn ? [{ name, description: String(description), parameters }] : []
}

/** Arguments as text, in which models write them. */
export function textOf(args: unknown = {}): string {
  return typeof args === 'string' ? args : JSON.stringify(args)
}
