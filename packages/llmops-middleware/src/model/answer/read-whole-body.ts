import { onAbort } from '../../on-abort.ts'
import { PieceStream } from './piece-stream.ts'

/** The body as text, or undefined when it breaks off or is longer than the limit; then its socket is closed. */
export async function readWholeBody(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    // Of a compressed body it says what is on the wire, and a thousandfold of that may come out.
    const isCompressed = response.headers.has('content-encoding')
    const length = isCompressed ? Number.NaN : Number(response.headers.get('content-length') ?? Number.NaN)
    // One call is an order of magnitude cheaper than reading piece by piece, and the length says that it is safe.
    if (length <= maxBytes) return await response.text()
    if (length > maxBytes) return void (await response.body?.cancel())
    return await readPieces(response, maxBytes, signal)
  } catch (error) {
    // Whoever left did so for a reason of their own; it is not the answer that broke.
    if (signal.aborted) throw error
    return undefined
  }
}

const decoder = new TextDecoder()

async function readPieces(response: Response, maxBytes: number, signal: AbortSignal): Promise<string | undefined> {
  const { body } = response
  // Doubles in tests of applications often have a text alone.
  if (!body) return response.text()
  const pieces: Uint8Array[] = []
  const source = PieceStream.sourceOf(body)
  // That of an application's own may not listen to the signal.
  const letGo = onAbort(signal, (reason) => void source.cancel(reason).catch(() => {}))
  try {
    let bytes = 0
    for (let piece = await source.next(); !piece.done; piece = await source.next()) {
      bytes += piece.value.byteLength
      if (bytes > maxBytes) return void (await source.cancel(undefined))
      pieces.push(piece.value)
    }
  } finally {
    letGo()
  }
  signal.throwIfAborted()
  // As `text()` does it: without the mark that may stand at the start.
  return decoder.decode(Buffer.concat(pieces))
}
