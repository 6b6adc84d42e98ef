const MAX_BYTES = 16 * 1024

/**
 * The body of a request as JSON; undefined if the request has none.
 *
 * @throws errors in the shape of `http-errors`, which `problemOf` recognises.
 */
export async function readJson(request: Request): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) return undefined
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.byteLength
    if (bytes > MAX_BYTES) throw wrong(413, 'entity.too.large', { limit: MAX_BYTES })
    pieces.push(piece)
  }
  if (bytes === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(pieces).toString())
  } catch (cause) {
    throw wrong(400, 'entity.parse.failed', { cause })
  }
}

function wrong(status: number, type: string, more: object): Error {
  return Object.assign(new Error('The body cannot be used.'), { status, type, expose: true, ...more })
}
