import type { MaybePromise } from '../../pipeline.ts'
import { decodeBody, isWide } from './decode-body.ts'
import { boundaryOf } from './form-data.ts'

export type FetchArguments = Parameters<typeof fetch>

/** Options of the SDK's request that a call does not use: redirect, cache, dispatcher, and those of a framework. */
type RequestExtras = Omit<RequestInit, 'body' | 'signal' | 'headers' | 'method'>

/** A request to a model, as it was read, and the original arguments, to pass it on unchanged. */
export type ReadRequest = {
  /** The body; undefined if there is none or it is too long. A form with files has one character per byte. */
  readonly text: string | undefined
  /** The boundary between the parts of a form with files; undefined for any other body. */
  readonly boundary?: string | undefined
  readonly isTooLong: boolean
  readonly headers: Headers
  readonly signal: AbortSignal | null | undefined
  readonly extras: RequestExtras
  readonly unread: FetchArguments
  /** The original `Request`, with its body unread; undefined if the SDK passed none. */
  readonly request?: Request
  /** The original arguments, to call `fetch` with arguments of the same types. */
  readonly given: {
    readonly input: FetchArguments[0]
    readonly headers: RequestInit['headers']
    readonly body: RequestInit['body']
  }
}

/**
 * Reads the body that was passed to `fetch`. Synchronous for a string, which every SDK passes except for forms with files.
 *
 * @param takesForms whether the body may be such a form
 */
export function readRequest(
  input: FetchArguments[0],
  given: RequestInit | null | undefined,
  maxBytes: number,
  takesForms = false,
): MaybePromise<ReadRequest> {
  const init = given ?? {}
  const { body, signal, headers, method: _method, ...extras } = init
  const isRequest = input instanceof Request
  if (isRequest || !(typeof body === 'string' || body instanceof Uint8Array || body instanceof ArrayBuffer)) {
    const request = new Request(input, { ...init, ...(body instanceof ReadableStream && { duplex: 'half' }) })
    return readAny(
      { input, request, signal: signal === undefined && isRequest ? input.signal : signal, extras },
      maxBytes,
      takesForms,
    )
  }
  const read = headersOf(headers)
  const boundary = takesForms ? boundaryOf(read) : undefined
  const text = boundary === undefined ? textOf(body, maxBytes) : bytewise(body, maxBytes)
  const isTooLong = text === undefined
  const asGiven = { input, headers, body }
  return { text, boundary, isTooLong, headers: read, signal, extras, unread: [input, init], given: asGiven }
}

type Unread = Pick<ReadRequest, 'signal' | 'extras'> & { readonly input: FetchArguments[0]; readonly request: Request }

/** Reads a body of any kind from a copy of the request. */
async function readAny(
  { input, request, signal, extras }: Unread,
  maxBytes: number,
  takesForms: boolean,
): Promise<ReadRequest> {
  const { headers } = request
  const boundary = takesForms ? boundaryOf(headers) : undefined
  const bytes = await boundedBytes(request.clone(), maxBytes)
  const text = bytes && (boundary === undefined ? decodeBody(bytes) : bytes.toString('latin1'))
  const isTooLong = text === undefined && request.body !== null
  // The headers of the request include its content type, and its original body may have been consumed.
  const isPlain = boundary === undefined && !(bytes && isWide(bytes))
  const given = { input, headers, body: isPlain ? text : bytes }
  const unread: FetchArguments = [request, extras]
  const read = { text, boundary, isTooLong, headers, signal, extras, unread, given }
  return input instanceof Request ? { ...read, request } : read
}

async function boundedBytes({ body }: Request, maxBytes: number): Promise<Buffer<ArrayBuffer> | undefined> {
  if (!body) return undefined
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body.values({ preventCancel: true })) {
    bytes += piece.byteLength
    if (bytes > maxBytes) break
    pieces.push(piece)
  }
  if (bytes <= maxBytes) return Buffer.concat(pieces)
  // Not awaited: cancelling a copy only completes once the original was read.
  void body.cancel()
  return undefined
}

function textOf(body: string | Uint8Array | ArrayBuffer, maxBytes: number): string | undefined {
  if (typeof body === 'string') return body.length <= maxBytes ? body : undefined
  if (body.byteLength > maxBytes) return undefined
  return decodeBody(bufferOf(body))
}

function bytewise(body: string | Uint8Array | ArrayBuffer, maxBytes: number): string | undefined {
  const bytes = typeof body === 'string' ? Buffer.from(body) : bufferOf(body)
  return bytes.byteLength > maxBytes ? undefined : bytes.toString('latin1')
}

function bufferOf(body: Uint8Array | ArrayBuffer): Buffer {
  return body instanceof ArrayBuffer ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

function headersOf(headers: RequestInit['headers'] | undefined): Headers {
  return headers instanceof Headers ? headers : new Headers(headers)
}
