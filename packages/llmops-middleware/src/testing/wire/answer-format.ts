import { type Generated, TOOL_CALL_TOKENS, type ToolCall, tokensOf } from './generated.ts'
import type { TestRefusal } from './refusal.ts'

/** How a format of a provider writes what was generated. */
export type AnswerFormat = {
  /** The body of an answer that is not streamed. */
  readonly json: (generated: Generated, request: RequestBody) => unknown
  /** The events of a stream, in order, the terminator included. */
  readonly events: (generated: Generated, request: RequestBody) => Iterable<StreamEvent>
  /** The body of a refusal. */
  readonly error: (refusal: TestRefusal) => unknown
}

/** The body of a request, on which the form of its answer depends. */
export type RequestBody = Readonly<Record<string, unknown>>

export type StreamEvent = {
  /** As it is sent. */
  readonly text: string
  /** Tokens that the provider generated for this event. */
  readonly tokens: number
  /** `closing` says how the answer ended; `terminator` that nothing follows. */
  readonly part?: 'closing' | 'terminator' | undefined
}

type Events = readonly (object | string)[]

/** An answer in a format. Its stream is the answer cut up: each part opens, grows by a token an event, and closes. */
export type Written = {
  readonly whole: object
  readonly begin: Events
  readonly part: (part: Part, index: number) => { open: Events; grow: (piece: string) => Events; close: Events }
  /** The first says how the answer ended; the last of several, that nothing follows. */
  readonly end: Events
}

/** The text, or a call of a tool, whose arguments it is. */
export type Part = { readonly text: string; readonly call?: ToolCall }

export function partsOf({ text, toolCalls }: Generated): readonly Part[] {
  return [...(text ? [{ text }] : []), ...toolCalls.map((call) => ({ text: call.arguments, call }))]
}

export function answerFormat(
  write: (generated: Generated, request: RequestBody) => Written,
  error: AnswerFormat['error'],
): AnswerFormat {
  return {
    json: (generated, request) => write(generated, request).whole,
    events: (generated, request) => cutUp(write(generated, request), generated),
    error,
  }
}

function* cutUp({ begin, part, end }: Written, generated: Generated): Generator<StreamEvent> {
  const { choices, usage } = generated
  yield* sent(begin, usage.reasoningTokens)
  for (const [index, each] of partsOf(generated).entries()) {
    const { open, grow, close } = part(each, index)
    yield* sent(open, each.call ? TOOL_CALL_TOKENS * choices : 0)
    for (const piece of tokensOf(each.text)) yield* sent(grow(piece), choices)
    yield* sent(close)
  }
  const [closing, ...after] = [...sent(end)]
  yield { ...closing!, part: 'closing' }
  for (const event of after) yield event === after.at(-1) ? { ...event, part: 'terminator' } : event
}

/** The tokens are those of the last event. Events that have a type are named after it. */
function* sent(events: Events, tokens = 0): Generator<StreamEvent> {
  for (const [index, event] of events.entries()) {
    const name = typeof event === 'object' && 'type' in event ? `event: ${event.type}\n` : ''
    const data = typeof event === 'string' ? event : JSON.stringify(event)
    yield { text: `${name}data: ${data}\n\n`, tokens: index === events.length - 1 ? tokens : 0 }
  }
}
