import type { MaybePromise } from '../../pipeline.ts'
import { boundaryOf } from './form-data.ts'

export type FetchArguments = Parameters<typeof fetch>

/** What the SDK gave with its request beyond what a call holds: redirect, keepalive, dispatcher. */
type RequestExtras = Omit<RequestInit, 'body' | 'signal' | 'headers' | 'method'>

/** What a request to a model says, and the request itself for whoever passes it on as it came. */
export type ReadRequest = {
  /** Its body; undefined when it has none, or one longer than the limit. Of a form with files one character a byte. */
  readonly text: string | undefined
  /** Between the parts of a form with files; undefined for any other body. */
  readonly boundary?: string | undefined
  readonly isTooLong: boolean
  readonly headers: Headers
  readonly signal: AbortSignal | null | undefined
  readonly extras: RequestExtras
  readonly unread: FetchArguments
  /** The arguments that were read, for a `fetch` that is to get the same kinds. */
  readonly given: {
    readonly input: FetchArguments[0]
    readonly headers: RequestInit['headers']
    readonly body: RequestInit['body']
  }
}

/**
 * Reads the body that a `fetch` was given, at once where it is there as a string: every SDK gives one, but for a form
 * with files.
 *
 * @param takesForms whether it may be such a form.
 */
export function readRequest(
  input: FetchArguments[0],
  init: RequestInit = {},
  maxBytes: number,
  takesForms = false,
): MaybePromise<ReadRequest> {
  const { body, signal, headers, method: _method, ...extras } = init
  const isRequest = input instanceof Request
  if (isRequest || !(typeof body === 'string' || body instanceof Uint8Array || body instanceof ArrayBuffer)) {
    const request = new Request(input, { ...init, ...(body instanceof ReadableStream && { duplex: 'half' }) })
    return readAny(input, request, maxBytes, takesForms)
  }
  const read = headersOf(headers)
  const boundary = takesForms ? boundaryOf(read) : undefined
  const text = boundary === undefined ? textOf(body, maxBytes) : bytewise(body, maxBytes)
  const given = { input, headers, body }
  const isTooLong = text === undefined
  return { text, boundary, isTooLong, headers: read, signal, extras, unread: [input, init], given }
}

/** A body of any kind, read from a copy. */
async function readAny(
  input: FetchArguments[0],
  request: Request,
  maxBytes: number,
  takesForms: boolean,
): Promise<ReadRequest> {
  const { headers, signal, redirect, keepalive, integrity } = request
  const boundary = takesForms ? boundaryOf(headers) : undefined
  const bytes = await boundedBytes(request.clone(), maxBytes)
  const text = bytes?.toString(boundary === undefined ? 'utf8' : 'latin1')
  const isTooLong = text === undefined && request.body !== null
  // Its headers name the type of its body, and its body may be gone.
  const given = { input, headers, body: boundary === undefined ? text : bytes }
  const extras = { redirect, keepalive, integrity }
  return { text, boundary, isTooLong, headers, signal, extras, unread: [request], given }
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
  // Not awaited: the cancelling of a copy ends when the original was read.
  void body.cancel()
  return undefined
}

function textOf(body: string | Uint8Array | ArrayBuffer, maxBytes: number): string | undefined {
  if (typeof body === 'string') return body.length <= maxBytes ? body : undefined
  if (body.byteLength > maxBytes) return undefined
  return bufferOf(body).toString()
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
