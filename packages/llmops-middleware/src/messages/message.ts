/** A message as the JSON schemas of the GenAI conventions define it, with only the members that we set. */
export type Message = {
  readonly role: string
  readonly parts: readonly Part[]
  /** Only set on messages of an answer. */
  readonly finish_reason?: string
}

export type Part =
  | { readonly type: 'text' | 'reasoning'; readonly content: string }
  | { readonly type: 'tool_call'; readonly id?: string; readonly name?: string; readonly arguments?: unknown }
  | { readonly type: 'tool_call_response'; readonly id?: string; readonly response: unknown }
  /** A part that is not text: only its type is captured. */
  | { readonly type: string }

export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The parts of a message's content: a text, or a list of blocks in the format of any provider. */
export function partsOf(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }]
  return listOf(content).filter(isObject).map(partOf)
}

function partOf(block: Json): Part {
  const { type } = block
  if (type === 'thinking') return { type: 'reasoning', content: String(block['thinking']) }
  if (type === 'tool_use') return toolCall(block['id'], block['name'], block['input'])
  if (type === 'tool_result') return toolResponse(block['tool_use_id'], block['content'])
  if (isObject(block['functionCall'])) {
    return toolCall(block['functionCall']['id'], block['functionCall']['name'], block['functionCall']['args'])
  }
  if (isObject(block['functionResponse'])) {
    return toolResponse(block['functionResponse']['name'], block['functionResponse']['response'])
  }
  if (typeof block['text'] === 'string') return { type: 'text', content: block['text'] }
  return { type: typeof type === 'string' ? type : 'blob' }
}

export function toolCall(id: unknown, name: unknown, args: unknown): Part {
  return { type: 'tool_call', ...(id !== undefined && { id: String(id) }), name: String(name), arguments: args }
}

export function toolResponse(id: unknown, response: unknown): Part {
  return { type: 'tool_call_response', ...(id !== undefined && { id: String(id) }), response }
}
