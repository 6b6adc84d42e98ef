import { type AnswerRequest, countTokens } from '../wire/index.ts'
import type { TestCall, TestMessage, TestTool } from './test-call.ts'

type Json = Readonly<Record<string, unknown>>

/** What a request asks, whichever format it is in. */
type Read = Pick<TestCall, 'maxOutputTokens' | 'system' | 'messages' | 'tools'> & {
  /** @default 1 */
  readonly choices?: number
  /** The texts at which the answer ends. @default none */
  readonly stop?: readonly string[]
  /** What the input is billed as. @default its texts are counted */
  readonly inputTokens?: number
  /** What its answer depends on. @default { wantsUsage: true } */
  readonly request?: AnswerRequest
}

/** By the ends of their paths, wherever a provider or gateway puts them. */
const READERS: readonly (readonly [end: string, format: TestCall['format'], read: (body: Json) => Read])[] = [
  ['/chat/completions', 'chatCompletions', readChat],
  ['/responses', 'responses', readResponses],
  ['/messages', 'anthropicMessages', readMessages],
  ['/embeddings', 'embeddings', readEmbeddings],
]

export function formatOf(path: string): TestCall['format'] | undefined {
  return READERS.find(([end]) => path.endsWith(end))?.[1]
}

export const ENDS = READERS.map(([end]) => `…${end}`).join(', ')

/** @throws Error that says what is not understood. */
export function readRequest(path: string, body: Json) {
  const [, format, read] = READERS.find(([end]) => path.endsWith(end))!
  const deployment = /\/deployments\/([^/]+)\//.exec(path)?.[1]
  const model = deployment ? decodeURIComponent(deployment) : body['model']
  if (typeof model !== 'string' || model === '') throw new Error('`model` is not a name')
  const { choices = 1, stop = [], inputTokens, request = { wantsUsage: true }, ...said } = read(body)
  if (asksForLogprobs(body)) throw new Error('it asks for `logprobs`, which the test model does not have')
  if (said.messages.length === 0) throw new Error('it has no message, or none that is an object')
  if (!refersBack(body)) checkToolResults(said.messages)
  return {
    asked: { format, model, isStream: body['stream'] === true, body, ...said },
    choices,
    stop,
    inputTokens,
    request,
  }
}

/** Log probabilities come from a real model alone; null in their place would look like an answer to the request. */
function asksForLogprobs({ logprobs, top_logprobs, include }: Json): boolean {
  const isIncluded = Array.isArray(include) && include.includes('message.output_text.logprobs')
  return logprobs === true || Number(top_logprobs ?? 0) > 0 || isIncluded
}

/** Whether the conversation continues one that a provider keeps, so that not all of it is in the request. */
function refersBack(body: Json): boolean {
  const { previous_response_id, conversation, input } = body
  return Boolean(previous_response_id ?? conversation) || objects(input).some(({ type }) => type === 'item_reference')
}

/** The mistake of agents that every provider refuses. */
function checkToolResults(messages: readonly TestMessage[]): void {
  const open = new Set<string>()
  for (const { toolCalls = [], toolCallId } of messages) {
    for (const { id } of toolCalls) open.add(id)
    if (toolCallId !== undefined && !open.delete(toolCallId)) {
      throw new Error(`the result for the tool call '${toolCallId}' follows no such call`)
    }
  }
  if (open.size > 0) throw new Error(`the tool call ${[...open].join(', ')} has no result`)
}

const isSystem = ({ role }: Json) => role === 'system' || role === 'developer'

function readChat(body: Json): Read {
  const messages = objects(body['messages'])
  return {
    system: messages.filter(isSystem).map(textOf).join('\n'),
    messages: messages
      .filter((message) => !isSystem(message))
      .map((message) => ({
        ...roleAnd(message),
        ...callsOf(objects(message['tool_calls']).map((call) => ({ ...object(call['function']), id: call['id'] }))),
        ...(message['role'] === 'tool' && { toolCallId: String(message['tool_call_id']) }),
      })),
    tools: toolsOf(objects(body['tools']).map((tool) => object(tool['function']))),
    maxOutputTokens: count(body['max_completion_tokens'] ?? body['max_tokens']),
    choices: count(body['n']) ?? 1,
    stop: texts(body['stop']),
    request: { wantsUsage: object(body['stream_options'])['include_usage'] === true },
  }
}

/** Items of an input that say nothing. */
const UNSAID = new Set(['reasoning', 'item_reference'])

function readResponses(body: Json): Read {
  const { input, instructions, tools, tool_choice = 'auto', max_output_tokens = null } = body
  const { metadata = {}, parallel_tool_calls = true, previous_response_id = null } = body
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : objects(input)
  return {
    system: [instructions ?? '', ...items.filter(isSystem).map(textOf)].join('\n').trim(),
    messages: items
      .filter((item: Json) => !isSystem(item) && !UNSAID.has(String(item['type'])))
      .map((item: Json) => ({
        ...roleAnd({ role: item['type'] === 'function_call' ? 'assistant' : item['role'], ...item }),
        ...callsOf(item['type'] === 'function_call' ? [{ ...item, id: item['call_id'] }] : []),
        ...(item['type'] === 'function_call_output' && {
          role: 'tool' as const,
          text: textOf({ content: item['output'] }),
          toolCallId: String(item['call_id']),
        }),
      })),
    tools: toolsOf(objects(tools)),
    maxOutputTokens: count(max_output_tokens),
    request: {
      wantsUsage: true,
      echo: {
        instructions: instructions ?? null,
        max_output_tokens,
        metadata,
        parallel_tool_calls,
        previous_response_id,
        tool_choice,
        tools: tools ?? [],
      },
    },
  }
}

function readMessages(body: Json): Read {
  if (body['max_tokens'] === undefined) throw new Error('`max_tokens` is missing, which Anthropic requires')
  return {
    system: textOf({ content: body['system'] }),
    messages: objects(body['messages']).flatMap((message): TestMessage[] => {
      const blocks = objects(message['content'])
      const results = blocks.filter(({ type }) => type === 'tool_result')
      const calls = callsOf(
        blocks.filter(({ type }) => type === 'tool_use').map((call) => ({ ...call, arguments: call['input'] })),
      )
      const own = { ...roleAnd(message), ...calls }
      return [
        ...results.map((result) => ({
          role: 'tool' as const,
          text: textOf(result),
          toolCallId: String(result['tool_use_id']),
        })),
        ...(results.length === 0 || own.text ? [own] : []),
      ]
    }),
    tools: toolsOf(objects(body['tools']), 'input_schema'),
    maxOutputTokens: count(body['max_tokens']),
    stop: texts(body['stop_sequences']),
  }
}

function readEmbeddings({ input, dimensions, encoding_format }: Json): Read {
  const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input]
  const texts = inputs.map((one) => String(one ?? ''))
  if (inputs.length === 0 || texts.includes('')) throw new Error('`input` is empty, or one of its texts is')
  // A text may come as the numbers of its tokens.
  const inputTokens = inputs.reduce(
    (sum, one) => sum + (Array.isArray(one) ? one.length : 0),
    countTokens(inputs.filter((one) => typeof one === 'string').join('')),
  )
  return {
    system: '',
    messages: texts.map((text) => ({ role: 'user', text })),
    tools: [],
    inputTokens,
    maxOutputTokens: undefined,
    request: {
      wantsUsage: true,
      embed: { texts, dimensions: count(dimensions), isBase64: encoding_format === 'base64' },
    },
  }
}

function roleAnd(message: Json): Pick<TestMessage, 'role' | 'text'> {
  const role = message['role'] === 'assistant' || message['role'] === 'tool' ? message['role'] : 'user'
  return { role, text: textOf(message) }
}

function callsOf(calls: readonly Json[]): Pick<TestMessage, 'toolCalls'> {
  if (calls.length === 0) return {}
  return {
    toolCalls: calls.map(({ id, name, arguments: args }) => ({
      id: String(id),
      name: String(name),
      arguments: typeof args === 'string' ? args : JSON.stringify(args ?? {}),
    })),
  }
}

function toolsOf(tools: readonly Json[], schema = 'parameters'): readonly TestTool[] {
  return tools
    .filter(({ name }) => typeof name === 'string')
    .map(({ name, description = '', [schema]: parameters = {} }) => {
      return { name: String(name), description: String(description), parameters }
    })
}

/** Images and files say nothing. */
function textOf({ content }: Json): string {
  if (typeof content === 'string') return content
  const texts = objects(content).map(({ text }) => text ?? '')
  return texts.join('')
}

const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string' && text !== '')
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const object = (value: unknown): Json => (isObject(value) ? value : {})
const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : [])
const count = (value: unknown) => (Number.isInteger(value) && (value as number) > 0 ? (value as number) : undefined)
