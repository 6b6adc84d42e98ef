import { isObject, type Json, listOf, type Message, type Part, partsOf, toolCall, toolResponse } from './message.ts'

/** The messages of a request in any of the built-in formats. In another format, the whole text is one message. */
export function inputMessages(body: Json, text: string): readonly Message[] {
  const { messages, input, contents, prompt } = body
  if (Array.isArray(messages)) return messages.filter(isObject).map(chatMessage)
  if (Array.isArray(contents)) return contents.filter(isObject).map(geminiMessage)
  if (Array.isArray(input) && input.some(isObject)) return input.filter(isObject).map(responsesItem)
  const asked = typeof input === 'string' || Array.isArray(input) ? input : prompt
  if (asked === undefined) return [userText(text)]
  return [asked].flat().map((each) => userText(typeof each === 'string' ? each : JSON.stringify(each)))
}

/** System instructions that a request has outside of its messages. */
export function systemInstructions(body: Json): readonly Part[] {
  const { instructions, system, systemInstruction } = body
  return partsOf(instructions ?? system ?? (isObject(systemInstruction) ? systemInstruction['parts'] : undefined))
}

const userText = (content: string): Message => ({ role: 'user', parts: [{ type: 'text', content }] })

export function chatMessage(message: Json): Message {
  const role = String(message['role'] ?? 'assistant')
  if (role === 'tool') return { role, parts: [toolResponse(message['tool_call_id'], message['content'])] }
  const calls = listOf(message['tool_calls']).filter(isObject)
  return { role, parts: [...partsOf(message['content']), ...calls.map(chatToolCall)] }
}

function chatToolCall({ id, function: called }: Json): Part {
  const { name, arguments: args } = isObject(called) ? called : {}
  return toolCall(id, name, args)
}

export function geminiMessage({ role, parts }: Json): Message {
  return { role: role === 'model' ? 'assistant' : String(role ?? 'user'), parts: partsOf(parts) }
}

export function responsesItem(item: Json): Message {
  const { type, call_id: id } = item
  if (type === 'function_call') return { role: 'assistant', parts: [toolCall(id, item['name'], item['arguments'])] }
  if (type === 'function_call_output') return { role: 'tool', parts: [toolResponse(id, item['output'])] }
  if (item['content'] === undefined && typeof type === 'string') return { role: 'assistant', parts: [{ type }] }
  return { role: String(item['role'] ?? 'user'), parts: partsOf(item['content']) }
}
