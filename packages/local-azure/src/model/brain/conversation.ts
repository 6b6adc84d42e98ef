/** A request, independent of its wire format. */
export type Conversation = {
  readonly model: string
  readonly system: string
  readonly messages: readonly Message[]
  readonly tools: readonly ToolOffer[]
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string }
  /** Whether one answer may call several tools. */
  readonly isParallel: boolean
  /** The schema that the answer must fit, or `true` for any JSON object. */
  readonly answerSchema: JsonSchema | true | undefined
  /** The output cap of each choice. */
  readonly maxOutputTokens: number | undefined
  /** How many answers are wanted (`n`). */
  readonly choices: number
  /** A mistake to make, from a header or drawn at random. */
  readonly mistake: string | undefined
}

export type Message =
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls: readonly PastToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly text: string }

export type PastToolCall = { readonly id: string; readonly name: string; readonly arguments: string }

export type ToolOffer = { readonly name: string; readonly description: string; readonly parameters: JsonSchema }

export type JsonSchema = {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly description?: string
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly definitions?: Readonly<Record<string, JsonSchema>>
}

/** The answer of the model. */
export type Reply = {
  readonly text: string
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[]
}
