import { onAbort } from '../../on-abort.ts'
import { PieceStream } from './piece-stream.ts'

/** A body: its text, or of one that broke off or is longer than the limit what tells how much there was of it. */
export type ReadText =
  | { readonly text: string }
  | {
      readonly text?: undefined
      /** What came of it, where it came in pieces. */
      readonly begun: string
      /** Bytes, as it told or as they came. */
      readonly bytes: number
    }

/** Reads the body as text. The socket of one that breaks off or is longer than the limit is closed. */
export async function readWholeBody(response: Response, maxBytes: number, signal: AbortSignal): Promise<ReadText> {
  // Of a compressed body it says what is on the wire, and a thousandfold of that may come out.
  const isCompressed = response.headers.has('content-encoding')
  const told = isCompressed ? null : response.headers.get('content-length')
  const length = told === null ? Number.NaN : Number(told)
  const pieces: Uint8Array[] = []
  try {
    // One call is an order of magnitude cheaper than reading piece by piece, and the length says that it is safe.
    if (length <= maxBytes) return { text: await response.text() }
    if (length > maxBytes) await response.body?.cancel()
    // Doubles in tests of applications often have a text alone.
    else if (!response.body) return { text: await response.text() }
    else if (await readPieces(response.body, pieces, maxBytes, signal)) return { text: textOf(pieces) }
  } catch (error) {
    // Whoever left did so for a reason of their own; it is not the answer that broke.
    if (signal.aborted) throw error
  }
  const begun = textOf(pieces)
  return { begun, bytes: Number.isNaN(length) ? begun.length : length }
}

const decoder = new TextDecoder()

/** As `text()` does it: without the mark that may stand at the start. */
function textOf(pieces: readonly Uint8Array[]): string {
  return decoder.decode(Buffer.concat(pieces))
}

/** Adds what comes to `pieces`; false when that is more than the limit. */
async function readPieces(
  body: ReadableStream<Uint8Array>,
  pieces: Uint8Array[],
  maxBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const source = PieceStream.sourceOf(body)
  // That of an application's own may not listen to the signal.
  const letGo = onAbort(signal, (reason) => void source.cancel(reason).catch(() => {}))
  try {
    let bytes = 0
    for (let piece = await source.next(); !piece.done; piece = await source.next()) {
      bytes += piece.value.byteLength
      if (bytes > maxBytes) {
        await source.cancel(undefined)
        return false
      }
      pieces.push(piece.value)
    }
  } finally {
    letGo()
  }
  signal.throwIfAborted()
  return true
}
