import { onAbort } from '../../on-abort.ts'
import { PieceStream } from './piece-stream.ts'

/** A body as text, or the size of a body that broke off or is longer than the limit. */
export type ReadText =
  | { readonly text: string }
  | {
      readonly text?: undefined
      /** The part that arrived, if it was read in pieces. */
      readonly begun: string
      /** Its size in bytes, by its header or as it arrived. */
      readonly bytes: number
    }

/** Reads a body as text. If it breaks off or is longer than the limit, its connection is closed. */
export async function readWholeBody(response: Response, maxBytes: number, signal: AbortSignal): Promise<ReadText> {
  // The length of a compressed body is that on the wire; the text can be a thousand times longer.
  const isCompressed = response.headers.has('content-encoding')
  const contentLength = isCompressed ? null : response.headers.get('content-length')
  const length = contentLength === null ? Number.NaN : Number(contentLength)
  const pieces: Uint8Array[] = []
  try {
    // Ten times cheaper than reading piece by piece, and safe because the length is known.
    if (length <= maxBytes) return { text: await response.text() }
    if (length > maxBytes) await response.body?.cancel()
    // Test doubles of applications often have only `text()`.
    else if (!response.body) return { text: await response.text() }
    else if (await readPieces(response.body, pieces, maxBytes, signal)) return { text: textOf(pieces) }
  } catch (error) {
    // The caller aborted; the answer did not break.
    if (signal.aborted) throw error
  }
  const begun = textOf(pieces)
  return { begun, bytes: Number.isNaN(length) ? begun.length : length }
}

const decoder = new TextDecoder()

/** Decodes like `text()`: without the byte order mark. */
function textOf(pieces: readonly Uint8Array[]): string {
  return decoder.decode(Buffer.concat(pieces))
}

/** Adds what arrives to `pieces`. Returns false if it is more than the limit. */
async function readPieces(
  body: ReadableStream<Uint8Array>,
  pieces: Uint8Array[],
  maxBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const source = PieceStream.sourceOf(body)
  // The application's own `fetch` may ignore the signal.
  const removeAbortListener = onAbort(signal, (reason) => void source.cancel(reason).catch(() => {}))
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
    removeAbortListener()
  }
  signal.throwIfAborted()
  return true
}
