import type { MaybePromise } from '../../pipeline.ts'

export type FetchArguments = Parameters<typeof fetch>

/** What the SDK gave with its request beyond what a call holds: redirect, keepalive, dispatcher. */
type RequestExtras = Omit<RequestInit, 'body' | 'signal' | 'headers' | 'method'>

/** What a request to a model says, and the request itself for whoever passes it on as it came. */
export type ReadRequest = {
  /** Its body; undefined when it has none, or one longer than the limit. */
  readonly text: string | undefined
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

/** Reads the body that a `fetch` was given, at once where it is there as a string: every SDK gives one. */
export function readRequest(
  input: FetchArguments[0],
  init: RequestInit = {},
  maxBytes: number,
): MaybePromise<ReadRequest> {
  const { body, signal, headers, method: _method, ...extras } = init
  const isRequest = input instanceof Request
  if (isRequest || !(typeof body === 'string' || body instanceof Uint8Array || body instanceof ArrayBuffer)) {
    const request = new Request(input, { ...init, ...(body instanceof ReadableStream && { duplex: 'half' }) })
    return readAny(input, request, maxBytes)
  }
  const text = textOf(body, maxBytes)
  const given = { input, headers, body }
  const isTooLong = text === undefined
  return { text, isTooLong, headers: headersOf(headers), signal, extras, unread: [input, init], given }
}

/** A body of any kind, read from a copy. */
async function readAny(input: FetchArguments[0], request: Request, maxBytes: number): Promise<ReadRequest> {
  const { headers, signal, redirect, keepalive, integrity } = request
  const text = await boundedText(request.clone(), maxBytes)
  const isTooLong = text === undefined && request.body !== null
  // Its headers name the type of its body, and its body may be gone.
  const given = { input, headers, body: text }
  return { text, isTooLong, headers, signal, extras: { redirect, keepalive, integrity }, unread: [request], given }
}

async function boundedText({ body }: Request, maxBytes: number): Promise<string | undefined> {
  if (!body) return undefined
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body.values({ preventCancel: true })) {
    bytes += piece.byteLength
    if (bytes > maxBytes) break
    pieces.push(piece)
  }
  if (bytes <= maxBytes) return Buffer.concat(pieces).toString('utf8')
  // Not awaited: the cancelling of a copy ends when the original was read.
  void body.cancel()
  return undefined
}

function textOf(body: string | Uint8Array | ArrayBuffer, maxBytes: number): string | undefined {
  if (typeof body === 'string') return body.length <= maxBytes ? body : undefined
  if (body.byteLength > maxBytes) return undefined
  return (
    body instanceof ArrayBuffer ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  ).toString()
}

function headersOf(headers: RequestInit['headers'] | undefined): Headers {
  return headers instanceof Headers ? headers : new Headers(headers)
}
