import { type Dispatcher, fetch as undiciFetch } from 'undici'
import { PieceStream, responseOf } from '../model/answer/index.ts'

type FetchArguments = Parameters<typeof fetch>

/**
 * Calls undici's own `fetch` with a dispatcher, but with the global `Request` and `Response`. Those of the package are other
 * classes, with which SDKs fail.
 */
export async function fetchThrough(dispatcher: Dispatcher, ...[input, init]: FetchArguments): Promise<Response> {
  const isStream = init?.body instanceof ReadableStream
  const request = new Request(input, isStream ? { ...init, duplex: 'half' } : init)
  const { method, headers, redirect, keepalive } = request
  // Not that of the copy, which hears no abort once the copy was garbage-collected (nodejs/undici#4068).
  const signal = init?.signal ?? (input instanceof Request ? input.signal : null)
  // A body that is not a stream is sent with its length, like the global `fetch` does.
  const body = request.body && (isStream ? request.body : await request.arrayBuffer())
  const answer = await undiciFetch(request.url, {
    dispatcher,
    method,
    headers: [...headers],
    signal,
    redirect,
    keepalive,
    ...(body && { body, duplex: 'half' }),
  })
  const { status, statusText, url, redirected, type } = answer
  const head = { status, statusText, headers: [...answer.headers] as [string, string][] }
  const pieces = PieceStream.sourceOf((answer.body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>)
  return responseOf(head, pieces, { url, redirected, type })
}
