import { randomUUID } from 'node:crypto'

export type ToolRequest = { readonly id: string; readonly name: string; readonly arguments: string }

/**
 * A tool call, or a piece of one, as providers send it. Providers that only resemble OpenAI may leave out fields, give
 * every call the same index or the same id, or send the arguments as an object.
 */
export type Piece = {
  readonly index?: unknown
  readonly id?: string | null
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null
}

type Call = { id: string; name: string; arguments: string; readonly index: unknown }

/** Assembles the tool calls of a stream: the id and the name come first, then the arguments piece by piece. */
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

  /** The call that the piece continues, if any. An index only tells calls apart, so its value does not matter. */
  #callOf(piece: Piece): Call | undefined {
    const { index } = piece
    const { id, name, arguments: text } = read(piece)
    const call = index == null ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index)
    // Only a piece with a name begins a call. A piece without a name, even under a new index, continues an earlier call.
    if (!name) return call ?? this.#calls.findLast((call) => id && call.id === id) ?? this.#calls.at(-1)
    if (!call?.name) return call
    // A new id alone does not begin a call, since some providers send one with each piece. Nor does a repeated name,
    // unless the arguments so far are complete.
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

/** Gives a call without an id, or with the id of another call, an id of its own, because its result must name it. */
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
