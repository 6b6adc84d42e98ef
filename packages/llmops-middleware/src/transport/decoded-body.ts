import { pipeline, Readable, type Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import { END, type Piece, type PieceSource } from '../model/answer/index.ts'

type Pieces = AsyncIterable<Uint8Array>
type Decoder = Transform | ((pieces: Pieces) => Pieces)

// Like cURL and the global `fetch`: flushed data is decoded at once, and a body without its last bytes is not an error.
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const LENIENT_BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
}
/** No more than a browser would need (RFC 9659, section 3). */
const ZSTD_WINDOW = { params: { [constants.ZSTD_d_windowLogMax]: 23 } }

const DECODERS = new Map<string, () => Decoder>([
  ['gzip', () => createGunzip(LENIENT)],
  ['x-gzip', () => createGunzip(LENIENT)],
  ['deflate', () => inflate],
  ['br', () => createBrotliDecompress(LENIENT_BROTLI)],
  ['zstd', () => createZstdDecompress(ZSTD_WINDOW)],
])

/** The limit of the global `fetch`: each decoder can multiply the size by a thousand. */
const MAX_CODINGS = 5

/**
 * Decompresses a body by the rules of the global `fetch`, which cannot be used instead because the provider would answer,
 * and bill, a second time.
 *
 * undici's own interceptor does not accept deflate without its header, fails at a body without its last bytes, and removes
 * the header `content-encoding`.
 *
 * @returns undefined for a body that is not compressed, or in an unknown way.
 * @throws RangeError when it was compressed more than five times.
 */
export function decodedBody(body: ReadableStream<Uint8Array>, contentEncoding: string): PieceSource | undefined {
  const codings = contentEncoding.toLowerCase().split(',')
  if (codings.length > MAX_CODINGS) {
    throw new RangeError(`The answer has ${codings.length} content-encodings; accepted are up to ${MAX_CODINGS}.`)
  }
  const makers = codings.reverse().map((coding) => DECODERS.get(coding.trim()))
  if (!makers.every((make) => make !== undefined)) return undefined
  // `pipeline` accepts functions in its list too, although its type does not say so. Its errors reach the last reader.
  const streams = [Readable.from(body), ...makers.map((make) => make() as Transform)]
  const decoded = pipeline(streams, () => {}) as unknown as Readable
  return sourceOf(decoded)
}

/** Some servers send deflate without the zlib header, which the first byte shows (RFC 1950, section 2.2). */
async function* inflate(pieces: Pieces): Pieces {
  const iterator = pieces[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) return
  const hasHeader = (first.value[0]! & 0x0f) === 8
  async function* all() {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  yield* pipeline(all, hasHeader ? createInflate(LENIENT) : createInflateRaw(LENIENT), () => {})
}

function sourceOf(decoded: Readable): PieceSource {
  const pieces = decoded[Symbol.asyncIterator]()
  return {
    next: () => pieces.next().then((piece) => (piece.done ? END : (piece as Piece)), breakOff),
    async cancel() {
      decoded.destroy()
    },
  }
}

/** Converts an error of zlib into that of the standard `fetch`. Errors of the socket or the caller stay as they are. */
function breakOff(error: unknown): never {
  // Errors of zlib have a number, like those of the system, but no system call.
  const isZlib = error instanceof Error && 'errno' in error && !('syscall' in error)
  throw isZlib ? new TypeError('terminated', { cause: error }) : error
}
