import { onAbort } from '../../on-abort.ts'
import type { Timing } from '../../timing.ts'
import type { BegunBody } from './late-error.ts'
import { PieceStream } from './piece-stream.ts'

/** Providers send error bodies at once. For a later one only the caller who reads it waits. */
const LATE_MS = 1000

/** SDKs retry after these statuses without reading the body. */
function isRetried({ status }: Response): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 429
}

/** The text of an error. `late` has the rest, if it did not arrive in time. */
export type ErrorBody = { readonly text: string; readonly late?: BegunBody }

/**
 * Reads the body of an error. If SDKs retry after its status, it waits for the body only for a short time. The text is
 * empty if the body breaks off or is longer than the limit.
 */
export async function readErrorBody(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
  after: Timing['after'],
): Promise<ErrorBody> {
  // Test doubles of applications often have only `text()`, and other implementations of `fetch` have other bodies.
  if (!(response.body && 'getReader' in response.body)) return { text: await response.text() }
  const rest = PieceStream.sourceOf(response.body)
  const pieces: Uint8Array[] = []
  const late = Promise.withResolvers<undefined>()
  // First reads what has arrived while the process was busy.
  const onTimeout = () => void setImmediate(() => late.resolve(undefined))
  const stopWaiting = isRetried(response) ? after(onTimeout, LATE_MS) : () => {}
  // The application's own `fetch` may ignore the signal.
  const removeAbortListener = onAbort(signal, (reason) => void rest.cancel(reason).catch(() => {}))
  try {
    for (let bytes = 0; ; ) {
      const awaited = rest.next()
      const piece = await Promise.race([awaited, late.promise])
      if (piece === undefined) return { text: textOf(pieces), late: { pieces, awaited, rest } }
      if (piece.done) break
      bytes += piece.value.byteLength
      if (bytes > maxBytes) {
        await rest.cancel(undefined)
        return { text: '' }
      }
      pieces.push(piece.value)
    }
  } catch (error) {
    if (signal.aborted) throw error
    return { text: '' }
  } finally {
    stopWaiting()
    removeAbortListener()
  }
  signal.throwIfAborted()
  return { text: textOf(pieces) }
}

const decoder = new TextDecoder()

function textOf(pieces: readonly Uint8Array[]): string {
  return decoder.decode(Buffer.concat(pieces))
}
