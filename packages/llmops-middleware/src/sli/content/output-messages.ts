import {
  chatMessage,
  geminiMessage,
  isObject,
  type Json,
  listOf,
  type Message,
  partsOf,
  responsesItem,
} from '../../messages/index.ts'

/** The messages of a complete answer, in any of the built-in formats. */
export function outputMessages(answer: unknown): readonly Message[] {
  if (!isObject(answer)) return []
  const { choices, output, candidates, content } = answer
  if (Array.isArray(choices)) return choices.filter(isObject).map(choice)
  if (Array.isArray(output)) return output.filter(isObject).map(responsesItem)
  if (Array.isArray(candidates)) {
    return candidates
      .flatMap((each) => (isObject(each) && isObject(each['content']) ? [each['content']] : []))
      .map(geminiMessage)
  }
  return content === undefined ? [] : [{ role: 'assistant', parts: partsOf(content) }]
}

function choice({ message, text }: Json): Message {
  return isObject(message) ? chatMessage(message) : { role: 'assistant', parts: partsOf(text) }
}

/**
 * The messages of a stream: its text pieces joined, and its tool calls. The Responses format sends the complete answer
 * in its last event, which is read instead.
 */
export function streamedMessages(stream: string): readonly Message[] {
  const said = new StreamedAnswer()
  for (const line of stream.split(/\r\n|\n|\r/)) {
    if (!line.startsWith('data:')) continue
    const event = parsed(line.slice(5))
    if (isObject(event)) said.read(event)
  }
  return said.messages
}

class StreamedAnswer {
  #text = ''
  /** Tool calls by their index in the answer. */
  readonly #calls = new Map<unknown, { id?: string; name?: string; args: string }>()
  #whole: readonly Message[] | undefined

  get messages(): readonly Message[] {
    if (this.#whole) return this.#whole
    const calls = [...this.#calls.values()].map(({ id, name, args }) => ({
      type: 'tool_call',
      id,
      name,
      arguments: args,
    }))
    const parts = [...partsOf(this.#text), ...calls]
    return parts.length === 0 ? [] : [{ role: 'assistant', parts }]
  }

  read(event: Json): void {
    if (event['type'] === 'response.completed') this.#whole = outputMessages(event['response'])
    if (event['type'] === 'response.output_text.delta') this.#text += String(event['delta'])
    for (const each of listOf(event['choices'])) if (isObject(each)) this.#readChoice(each)
    for (const { parts } of outputMessages({ candidates: event['candidates'] })) {
      for (const part of parts) if ('content' in part) this.#text += part.content
    }
    if (event['type'] === 'content_block_start') this.#readBlock(event['index'], event['content_block'])
    if (event['type'] === 'content_block_delta' && isObject(event['delta'])) {
      const { text, partial_json: json } = event['delta']
      if (typeof text === 'string') this.#text += text
      const call = this.#calls.get(event['index'])
      if (call && typeof json === 'string') call.args += json
    }
  }

  #readChoice({ delta, text }: Json): void {
    if (typeof text === 'string') this.#text += text
    if (!isObject(delta)) return
    if (typeof delta['content'] === 'string') this.#text += delta['content']
    for (const each of listOf(delta['tool_calls']).filter(isObject)) {
      const { name, arguments: args } = isObject(each['function']) ? each['function'] : {}
      const call = this.#calls.get(each['index']) ?? { args: '' }
      this.#calls.set(each['index'], call)
      if (typeof each['id'] === 'string') call.id = each['id']
      if (typeof name === 'string') call.name = name
      if (typeof args === 'string') call.args += args
    }
  }

  #readBlock(index: unknown, block: unknown): void {
    if (!isObject(block) || block['type'] !== 'tool_use') return
    this.#calls.set(index, { id: String(block['id']), name: String(block['name']), args: '' })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
