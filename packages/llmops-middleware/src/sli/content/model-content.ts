import type { Attributes } from '@opentelemetry/api'
import type { Completion, ModelCall, ModelResult, StreamBody } from '../../model/index.ts'
import { inputMessages, systemInstructions } from './input-messages.ts'
import { limitedMessages, limitedPartsJson } from './limited.ts'
import type { Message } from './message.ts'
import { outputMessages, streamedMessages } from './output-messages.ts'

/** What a model is asked. Of forms with files and other bytes nothing is captured. */
export function requestContent({ request: { body, text } }: ModelCall, maxLength: number): Attributes {
  const messages = limitedMessages(inputMessages(body, text), maxLength)
  const instructions = systemInstructions(body)
  const system = instructions.length > 0 ? limitedPartsJson(instructions, maxLength) : undefined
  return {
    ...(messages !== undefined && { 'gen_ai.input.messages': messages }),
    ...(system !== undefined && { 'gen_ai.system_instructions': system }),
  }
}

/** An answer whose text is kept on its way, and what it says once it has ended. */
export type CapturedAnswer = { readonly result: ModelResult; content(completion: Completion): Attributes }

/** How much of a stream is kept for each character of its text: an event of few characters is long. */
const STREAM_OVERHEAD = 64

export function captureAnswer(result: ModelResult, maxLength: number): CapturedAnswer {
  const { body } = result
  const told = (messages: readonly Message[], { finishReasons = [] }: Completion): Attributes => {
    const ended = messages.map((message, index) => ({ ...message, finish_reason: finishReasons[index] ?? 'unknown' }))
    const json = ended.length > 0 ? limitedMessages(ended, maxLength) : undefined
    return json === undefined ? {} : { 'gen_ai.output.messages': json }
  }
  // The provider's errors are on the span already, and are no message of a model.
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
