import type OpenAI from 'openai'
import type { ReasoningEffort } from '../settings/settings.ts'
import type { Wait } from './events.ts'
import { type Piece, ToolPieces, type ToolRequest, toolRequestsOf } from './tool-pieces.ts'

/** The result of one model call: text, or the tools that the model asks for. */
export type Turn = {
  readonly text: string
  readonly toolRequests: readonly ToolRequest[]
  readonly finishReason: string
  /** The model as the response names it. */
  readonly model: string
}

export type TurnRequest = {
  readonly client: OpenAI
  readonly model: string
  readonly reasoningEffort: ReasoningEffort | undefined
  readonly messages: OpenAI.ChatCompletionMessageParam[]
  readonly tools: OpenAI.ChatCompletionFunctionTool[]
  readonly maxOutputTokens: number
  readonly signal: AbortSignal
}

/** One model call. With `onDelta` the answer is streamed; the turn is the same. */
export function askModel(request: TurnRequest, onDelta?: (text: string) => Wait): Promise<Turn> {
  return onDelta ? askStreaming(request, onDelta) : askWhole(request)
}

function bodyOf({ model, reasoningEffort, messages, tools, maxOutputTokens }: TurnRequest) {
  return { model, messages, tools, max_completion_tokens: maxOutputTokens, ...effortOf(reasoningEffort) }
}

/** The parameter is left out unless it is set, because models that do not reason refuse it. */
export function effortOf(effort: ReasoningEffort | undefined): { reasoning_effort?: ReasoningEffort } {
  return effort === undefined ? {} : { reasoning_effort: effort }
}

async function askWhole(request: TurnRequest): Promise<Turn> {
  const { signal } = request
  const answer = await request.client.chat.completions.create(bodyOf(request), { signal })
  const choice = answer.choices[0]
  return {
    text: saidIn(choice?.message),
    toolRequests: toolRequestsOf((choice?.message.tool_calls ?? []) as Piece[]),
    finishReason: choice?.finish_reason ?? 'none',
    model: answer.model,
  }
}

async function askStreaming(request: TurnRequest, onDelta: (text: string) => Wait): Promise<Turn> {
  const { signal } = request
  const stream = await request.client.chat.completions.create({ ...bodyOf(request), stream: true }, { signal })
  const toolPieces = new ToolPieces()
  let [text, finishReason, model] = ['', 'none', request.model]
  for await (const chunk of stream) {
    model = chunk.model || model
    const choice = chunk.choices[0]
    // Providers that only resemble OpenAI send events without a delta.
    const delta: OpenAI.ChatCompletionChunk.Choice.Delta | null | undefined = choice?.delta
    const said = saidIn(delta)
    if (said !== '') {
      text += said
      const wait = onDelta(said)
      if (wait) await wait
    }
    for (const piece of delta?.tool_calls ?? []) toolPieces.add(piece as Piece | null)
    finishReason = choice?.finish_reason ?? finishReason
  }
  // The SDK ends the loop without an error when the task is aborted.
  signal.throwIfAborted()
  return { text, toolRequests: toolPieces.requests(), finishReason, model }
}

/** The text of a message. A refusal comes in its own field, and counts as the answer. */
function saidIn(message: { content?: string | null; refusal?: string | null } | null | undefined): string {
  return message?.content || message?.refusal || ''
}
