import type { ModelCall } from '../model-call.ts'
import { type Target, targetUrl } from '../target.ts'
import type { RequestChange } from '../wire-format.ts'
import type { RequestToSend } from './arguments-like.ts'
import { isSigned } from './signed-request.ts'

/**
 * Writes the request with the changes of the layers.
 *
 * @returns undefined if the request is signed and must be changed: the provider would refuse it
 */
export function writeRequest(
  call: ModelCall,
  change: RequestChange,
  target: Target | undefined,
  headers: Headers,
  refused: ReadonlySet<string>,
): RequestToSend | undefined {
  const { format, request, signal } = call
  const written = format.write(request, change, refused)
  const url = target ? targetUrl(written.url, target) : written.url
  const added = written.headers
  if (!added && written.text === request.text && url === request.url)
    return { url, headers, text: request.text, signal }
  if (!isSigned(headers)) return { url, headers: withAdded(withoutLength(headers), added), text: written.text, signal }
  const isSame = !added && url === request.url && asksTheSame(call, written.text, refused)
  return isSame ? { url, headers, text: request.text, signal } : undefined
}

/** Whether the only change asks the stream for its usage. Without the change, usage is estimated. */
function asksTheSame({ format, request }: ModelCall, text: string, refused: ReadonlySet<string>): boolean {
  const facts = format.read(request.url, request.body, request.headers)
  return facts !== undefined && format.write(request, facts, refused).text === text
}

function withAdded(headers: Headers, added: Readonly<Record<string, string>> | undefined): Headers {
  if (!added) return headers
  const changed = new Headers(headers)
  for (const name in added) changed.set(name, added[name]!)
  return changed
}

const LENGTHS = ['content-length', 'transfer-encoding']

/** Removes the old length of the body; `fetch` sets the new one. */
function withoutLength(headers: Headers): Headers {
  if (LENGTHS.every((name) => headers.get(name) === null)) return headers
  const changed = new Headers(headers)
  for (const name of LENGTHS) changed.delete(name)
  return changed
}
