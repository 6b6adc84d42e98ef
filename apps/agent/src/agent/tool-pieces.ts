import { randomUUID } from 'node:crypto'
import type OpenAI from 'openai'

export type ToolRequest = { readonly id: string; readonly name: string; readonly arguments: string }

/** A piece as providers send it: those that only resemble OpenAI leave out the index, or give every call the same. */
type Piece = Partial<OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall>

type Call = { id: string; name: string; arguments: string; readonly index: unknown }

/** Puts the tool calls of a stream together: the id and the name come first, then the arguments bit by bit. */
export class ToolPieces {
  readonly #calls: Call[] = []

  add(piece: Piece): void {
    const call = this.#callOf(piece) ?? this.#begin(piece.index)
    call.id ||= piece.id ?? ''
    call.name ||= piece.function?.name ?? ''
    call.arguments += piece.function?.arguments ?? ''
  }

  /** In the order in which they began. One without an id gets one: its result must name it. */
  requests(): ToolRequest[] {
    return this.#calls.map(({ id, name, arguments: args }) => ({
      id: id || `call_${randomUUID()}`,
      name,
      arguments: args,
    }))
  }

  /** The call that the piece continues. The index only tells calls apart, so any value will do. */
  #callOf({ index, id, function: { name } = {} }: Piece): Call | undefined {
    const call = index == null ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index)
    if (!call || !name || !call.name) return call
    // An id alone does not begin a call, since some providers send a new one with each piece; nor does a repeated name.
    const isAnother = id ? id !== call.id : index == null
    return isAnother ? undefined : call
  }

  #begin(index: unknown): Call {
    const call = { id: '', name: '', arguments: '', index }
    this.#calls.push(call)
    return call
  }
}
