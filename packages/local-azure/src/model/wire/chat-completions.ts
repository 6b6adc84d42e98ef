import type { Conversation, JsonSchema, Message } from '../brain/conversation.ts'
import type { Generated } from '../brain/generate.ts'
import type { StreamEvent, Wire, WireError, WireRequest } from './wire.ts'

/**
 * OpenAI and Azure OpenAI chat completions
 * (platform.openai.com/docs/api-reference/chat, learn.microsoft.com/azure/ai-foundry/openai/reference).
 */
export const chatCompletions: Wire = {
  match(path) {
    if (path === '/v1/chat/completions' || path === '/openai/v1/chat/completions') return ''
    return /^\/openai\/deployments\/([^/]+)\/chat\/completions$/.exec(path)?.[1]
  },

  read(body, deployment) {
    const model = deployment || body['model']
    if (typeof model !== 'string' || model === '') return missing('model', 'you must provide a model parameter')
    const messages = body['messages']
    if (!Array.isArray(messages) || messages.length === 0) {
      return missing('messages', "Missing required parameter: 'messages'.")
    }
    const maxOutputTokens = body['max_completion_tokens'] ?? body['max_tokens']
    if (maxOutputTokens !== undefined && maxOutputTokens !== null && !(Number(maxOutputTokens) >= 1)) {
      return missing('max_completion_tokens', 'Invalid value: integer above 0 expected.')
    }
    return {
      conversation: readConversation(body as ChatBody, model, messages, Number(maxOutputTokens) || undefined),
      isStream: body['stream'] === true,
      wantsUsage: (body['stream_options'] as { include_usage?: unknown } | undefined)?.include_usage === true,
      isPrefilled: messages.at(-1)?.role === 'assistant',
    }
  },

  json(generated) {
    return {
      id: `chatcmpl-${generated.id}`,
      object: 'chat.completion',
      created: generated.createdAtSeconds,
      model: generated.model,
      choices: [{ index: 0, finish_reason: generated.finishReason, logprobs: null, message: messageOf(generated) }],
      usage: usageOf(generated),
    }
  },

  events(generated, request) {
    return [...eventsOf(generated, request)]
  },

  error({ message, code, type = 'invalid_request_error', param }) {
    return { error: { message, type, param: param ?? null, code } }
  },
}

type ChatBody = {
  tools?: { type: string; function: { name: string; description?: string; parameters?: JsonSchema } }[]
  tool_choice?: string | { function?: { name: string } }
  response_format?: { type: string; json_schema?: { schema?: JsonSchema } }
}

type ChatMessage = {
  role: string
  content?: string | { type: string; text?: string }[] | null
  tool_calls?: { id: string; function: { name: string } }[]
  tool_call_id?: string
}

function readConversation(
  body: ChatBody,
  model: string,
  messages: readonly ChatMessage[],
  maxOutputTokens: number | undefined,
): Conversation {
  const isSystem = ({ role }: ChatMessage) => role === 'system' || role === 'developer'
  const choice = body.tool_choice ?? 'auto'
  const format = body.response_format
  return {
    model,
    system: messages.filter(isSystem).map(textOf).join('\n'),
    messages: messages.filter((message) => !isSystem(message)).map(readMessage),
    tools: (body.tools ?? []).map(({ function: { name, description = '', parameters = {} } }) => ({
      name,
      description,
      parameters,
    })),
    toolChoice:
      typeof choice === 'object'
        ? { name: choice.function?.name ?? '' }
        : choice === 'none' || choice === 'required'
          ? choice
          : 'auto',
    answerSchema:
      format?.type === 'json_schema'
        ? (format.json_schema?.schema ?? true)
        : format?.type === 'json_object' || undefined,
    maxOutputTokens,
    mistake: undefined,
  }
}

function readMessage(message: ChatMessage): Message {
  const text = textOf(message)
  if (message.role === 'tool') return { role: 'tool', text, toolCallId: message.tool_call_id ?? '' }
  if (message.role !== 'assistant') return { role: 'user', text }
  const toolCalls = (message.tool_calls ?? []).map(({ id, function: { name } }) => ({ id, name }))
  return { role: 'assistant', text, toolCalls }
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? '').join('')
}

function messageOf({ textTokens, toolCalls }: Generated) {
  return {
    role: 'assistant',
    content: textTokens.join('') || null,
    refusal: null,
    ...(toolCalls.length ? { tool_calls: toolCalls.map(toolCallOf) } : {}),
  }
}

function toolCallOf({ id, name, argumentTokens }: Generated['toolCalls'][number]) {
  return { id, type: 'function', function: { name, arguments: argumentTokens.join('') } }
}

function usageOf({ usage }: Generated) {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens, audio_tokens: 0 },
  }
}

function* eventsOf(generated: Generated, { wantsUsage }: WireRequest): Generator<StreamEvent> {
  const event = (delta: object, tokens: number, finishReason: string | null = null): StreamEvent => ({
    data: JSON.stringify({
      id: `chatcmpl-${generated.id}`,
      object: 'chat.completion.chunk',
      created: generated.createdAtSeconds,
      model: generated.model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      ...(wantsUsage ? { usage: null } : {}),
    }),
    tokens,
  })
  const opening = generated.usage.reasoningTokens
  yield event({ role: 'assistant', content: generated.toolCalls.length ? null : '', refusal: null }, opening)
  let sent = opening
  for (const token of generated.textTokens) {
    sent++
    yield event({ content: token }, 1)
  }
  for (const [index, { id, name, argumentTokens }] of generated.toolCalls.entries()) {
    // The call's own tokens come with its name.
    const overhead =
      index === generated.toolCalls.length - 1 ? generated.usage.outputTokens - sent - argumentTokens.length : 4
    sent += overhead
    yield event({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }, overhead)
    for (const token of argumentTokens) {
      sent++
      yield event({ tool_calls: [{ index, function: { arguments: token } }] }, 1)
    }
  }
  yield event({}, generated.usage.outputTokens - sent, generated.finishReason)
  if (wantsUsage) {
    const { data } = event({}, 0)
    yield { data: JSON.stringify({ ...JSON.parse(data), choices: [], usage: usageOf(generated) }), tokens: 0 }
  }
  yield { data: '[DONE]', tokens: 0, isTerminator: true }
}

function missing(param: string, message: string): WireError {
  return { status: 400, code: 'invalid_request', message, param }
}
