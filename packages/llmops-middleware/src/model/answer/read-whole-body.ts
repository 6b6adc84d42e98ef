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
    return await readPieces(response, maxBytes)
  } catch (error) {
    // Whoever left did so for a reason of their own; it is not the answer that broke.
    if (signal.aborted) throw error
    return undefined
  }
}

const decoder = new TextDecoder()

async function readPieces({ body }: Response, maxBytes: number): Promise<string | undefined> {
  if (!body) return ''
  const pieces: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop early cancels the body.
  for await (const piece of body) {
    bytes += piece.byteLength
    if (bytes > maxBytes) return undefined
    pieces.push(piece)
  }
  // As `text()` does it: without the mark that may stand at the start.
  return decoder.decode(Buffer.concat(pieces))
}
