import { NEVER_ABORTED } from '../../on-abort.ts'
import type { FetchArguments, ReadRequest } from './read-request.ts'

export type RequestToSend = {
  readonly url: URL
  readonly headers: Headers
  readonly text: string
  readonly signal: AbortSignal
}

/**
 * Returns the arguments for the `fetch` that calls the provider, of the same types that the SDK passed: a string stays a
 * string, headers in a plain object stay one, and unchanged values stay identical. That `fetch` may be the application's
 * own, written for its SDK.
 */
export function argumentsLike(read: ReadRequest | undefined, request: RequestToSend): FetchArguments {
  const { url, headers, text, signal } = request
  const init = {
    ...read?.extras,
    method: 'POST',
    headers: read ? headersLike(read, headers) : headers,
    body: read ? bodyLike(read, text) : text,
    ...(signal !== NEVER_ABORTED && { signal }),
  } as RequestInit
  if (read?.request) return [requestLike(read, url, init)]
  return [typeof read?.given.input === 'string' ? url.href : url, init]
}

/**
 * The request that was sent for a call, which lives as long as the call: a `Request` that was garbage-collected no longer
 * hears its signal (nodejs/undici#4068).
 */
const sent = new WeakMap<ReadRequest, Request>()

/** Copies the original `Request`, because it has options that cannot be read from it, such as its dispatcher. */
function requestLike(read: ReadRequest, url: URL, init: RequestInit): Request {
  const { request: given } = read
  const { redirect, cache, credentials, integrity, keepalive, referrerPolicy } = given!
  const isSame = given!.url === url.href
  const copy = isSame
    ? new Request(given!, init)
    : new Request(url, { redirect, cache, credentials, integrity, keepalive, referrerPolicy, ...init })
  sent.set(read, copy)
  return copy
}

function headersLike({ given, headers: read }: ReadRequest, headers: Headers): RequestInit['headers'] {
  if (headers === read) return given.headers
  if (given.headers === undefined || given.headers instanceof Headers) return headers
  if (Array.isArray(given.headers)) return [...headers]
  // Keeps the spelling of the names, because in a plain object `Authorization` is not `authorization`.
  const names = new Map(Object.keys(given.headers).map((name) => [name.toLowerCase(), name]))
  return Object.fromEntries([...headers].map(([name, value]) => [names.get(name) ?? name, value]))
}

function bodyLike({ given, text: read, boundary }: ReadRequest, text: string): RequestInit['body'] {
  if (text === read) return given.body
  if (boundary !== undefined) return Buffer.from(text, 'latin1')
  return typeof given.body === 'string' ? text : Buffer.from(text)
}
