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

// As cURL and the global `fetch` do it: what was flushed comes at once, and a body without its last bytes is no error.
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

/** As many as the global `fetch` takes: each may make a thousandfold of what it is given. */
const MAX_CODINGS = 5

/**
 * undici's own interceptor knows no deflate without its header, breaks at a body without its last bytes and takes the
 * header away; the global `fetch` does none of it.
 *
 * The body as it was before the server compressed it, by the rules of the global `fetch`: it cannot be asked instead,
 * because the provider would answer, and bill, a second time.
 *
 * @returns undefined for a body that is not compressed, or in a way that nobody knows.
 * @throws RangeError when it was compressed more than five times.
 */
export function decodedBody(body: ReadableStream<Uint8Array>, contentEncoding: string): PieceSource | undefined {
  const codings = contentEncoding.toLowerCase().split(',')
  if (codings.length > MAX_CODINGS) {
    throw new RangeError(`The answer has ${codings.length} content-encodings; accepted are up to ${MAX_CODINGS}.`)
  }
  const makers = codings.reverse().map((coding) => DECODERS.get(coding.trim()))
  if (!makers.every((make) => make !== undefined)) return undefined
  // It takes functions in its list too, which its type does not say. What it hears, the reader of its last stream hears.
  const streams = [Readable.from(body), ...makers.map((make) => make() as Transform)]
  const decoded = pipeline(streams, () => {}) as unknown as Readable
  return sourceOf(decoded)
}

/** Some servers send it without the header that its name stands for; the first byte tells (RFC 1950, section 2.2). */
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

/** What the socket or the caller says stays as it is; an error of zlib reads as one of the standard's `fetch`. */
function breakOff(error: unknown): never {
  // Its errors have a number as those of the system do, and no call of the system that failed.
  const isZlib = error instanceof Error && 'errno' in error && !('syscall' in error)
  throw isZlib ? new TypeError('terminated', { cause: error }) : error
}
