/** What the brain knows of a request, whatever wire format it came in. */
export type Conversation = {
  readonly model: string
  readonly system: string
  readonly messages: readonly Message[]
  readonly tools: readonly ToolOffer[]
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string }
  /** The schema that the answer must fit, or `true` for any JSON object. */
  readonly answerSchema: JsonSchema | true | undefined
  readonly maxOutputTokens: number | undefined
  /** A mistake to make, asked for by header. */
  readonly mistake: string | undefined
}

export type Message =
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls: readonly { id: string; name: string }[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly text: string }

export type ToolOffer = { readonly name: string; readonly description: string; readonly parameters: JsonSchema }

export type JsonSchema = {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly description?: string
  readonly minimum?: number
  readonly maxLength?: number
  readonly anyOf?: readonly JsonSchema[]
}

/** What the brain says. */
export type Reply = {
  readonly text: string
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[]
}
