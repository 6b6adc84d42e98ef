import type { Attributes } from '@opentelemetry/api'
import { inputMessages, type Message, systemInstructions } from '../../messages/index.ts'
import type { Completion, ModelCall, ModelResult, StreamBody } from '../../model/index.ts'
import { limitedMessages, limitedPartsJson } from './limited.ts'
import { outputMessages, streamedMessages } from './output-messages.ts'

/** The content of a request, as span attributes. Forms with files or other bytes are not captured. */
export function requestContent({ request: { body, text } }: ModelCall, maxLength: number): Attributes {
  const messages = limitedMessages(inputMessages(body, text), maxLength)
  const instructions = systemInstructions(body)
  const system = instructions.length > 0 ? limitedPartsJson(instructions, maxLength) : undefined
  return {
    ...(messages !== undefined && { 'gen_ai.input.messages': messages }),
    ...(system !== undefined && { 'gen_ai.system_instructions': system }),
  }
}

/** A result whose text is copied while it passes. `content` returns the attributes once the answer has ended. */
export type CapturedAnswer = { readonly result: ModelResult; content(completion: Completion): Attributes }

/** Characters of a stream that are kept for each character of text: an event is much longer than the text in it. */
const STREAM_OVERHEAD = 64

export function captureAnswer(result: ModelResult, maxLength: number): CapturedAnswer {
  const { body } = result
  const told = (messages: readonly Message[], { finishReasons = [] }: Completion): Attributes => {
    const ended = messages.map((message, index) => ({ ...message, finish_reason: finishReasons[index] ?? 'unknown' }))
    const json = ended.length > 0 ? limitedMessages(ended, maxLength) : undefined
    return json === undefined ? {} : { 'gen_ai.output.messages': json }
  }
  // The span already has the provider's error, and an error is not a message of the model.
  if (result.status >= 400) return { result, content: () => ({}) }
  if (!body.pieces)
    return { result, content: (completion) => told(outputMessages(body.value ?? parsed(body.text)), completion) }
  const kept = keepText(body, maxLength * STREAM_OVERHEAD)
  return {
    result: { ...result, body: kept.body },
    content: (completion) => told(streamedMessages(kept.text()), completion),
  }
}

function keepText({ pieces, progress }: StreamBody, maxLength: number): { body: StreamBody; text(): string } {
  const decoder = new TextDecoder()
  let text = ''
  const next = async () => {
    const piece = await pieces.next()
    if (!piece.done && text.length < maxLength) text += decoder.decode(piece.value, { stream: true })
    return piece
  }
  return { body: { pieces: { next, cancel: (reason) => pieces.cancel(reason) }, progress }, text: () => text }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
