import { randomUUID } from 'node:crypto'

export type ToolRequest = { readonly id: string; readonly name: string; readonly arguments: string }

/**
 * A tool call, or a piece of one, as providers send it: those that only resemble OpenAI leave out what they like, give
 * every call the same index or the same id, or send the arguments as an object.
 */
export type Piece = {
  readonly index?: unknown
  readonly id?: string | null
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null
}

type Call = { id: string; name: string; arguments: string; readonly index: unknown }

/** Puts the tool calls of a stream together: the id and the name come first, then the arguments bit by bit. */
export class ToolPieces {
  readonly #calls: Call[] = []

  add(piece: Piece | null): void {
    if (!piece) return
    const { id, name, arguments: text } = read(piece)
    const call = this.#callOf(piece) ?? this.#begin(piece.index)
    call.id ||= id
    call.name ||= name
    call.arguments += text
  }

  /** In the order in which they began. */
  requests(): ToolRequest[] {
    return withOwnIds(this.#calls)
  }

  /** The call that the piece continues. The index only tells calls apart, so any value will do. */
  #callOf(piece: Piece): Call | undefined {
    const { index } = piece
    const { id, name, arguments: text } = read(piece)
    const call = index == null ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index)
    // Only a name begins a call: what comes without one under a new index goes on with an earlier call.
    if (!name) return call ?? this.#calls.findLast((call) => id && call.id === id) ?? this.#calls.at(-1)
    if (!call?.name) return call
    // An id alone does not begin a call, since some providers send a new one with each piece; nor does a repeated name,
    // unless nothing can follow the arguments that are there.
    const hasOtherId = id ? id !== call.id : index == null
    const isAnother = hasOtherId || name !== call.name || (text !== '' && isWhole(call.arguments))
    return isAnother ? undefined : call
  }

  #begin(index: unknown): Call {
    const call = { id: '', name: '', arguments: '', index }
    this.#calls.push(call)
    return call
  }
}

/** The tool calls of an answer that came in one piece. */
export function toolRequestsOf(calls: readonly (Piece | null)[]): ToolRequest[] {
  return withOwnIds(calls.filter((call) => call?.function != null).map((call) => read(call!)))
}

function read({ id, function: asked }: Piece): ToolRequest {
  return { id: id ?? '', name: asked?.name ?? '', arguments: textOf(asked?.arguments) }
}

function textOf(args: unknown): string {
  return typeof args === 'string' ? args : args == null ? '' : JSON.stringify(args)
}

/** One without an id, or with that of another, gets its own: its result must name it. */
function withOwnIds(calls: readonly ToolRequest[]): ToolRequest[] {
  const taken = new Set<string>()
  return calls.map(({ id, name, arguments: args }) => {
    const own = id && !taken.has(id) ? id : `call_${randomUUID()}`
    taken.add(own)
    return { id: own, name, arguments: args }
  })
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
