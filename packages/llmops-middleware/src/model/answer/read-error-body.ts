import { onAbort } from '../../on-abort.ts'
import type { Timing } from '../../timing.ts'
import type { BegunBody } from './late-error.ts'
import { PieceStream } from './piece-stream.ts'

/** Providers tell errors at once: what comes later is waited for by those who read it. */
const LATE_MS = 1000

/** SDKs ask again after these, and read nothing of them; what the others say is all that there is to an answer. */
function isRepeated({ status }: Response): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 429
}

/** The text of an error; `late` has the rest where there is more of it than came in time. */
export type ErrorBody = { readonly text: string; readonly late?: BegunBody }

/**
 * Reads the body of an error. Of one after which SDKs ask again it does not wait for long. Of one that breaks off or is longer
 * than the limit nothing is known but its status.
 */
export async function readErrorBody(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
  after: Timing['after'],
): Promise<ErrorBody> {
  // Doubles in tests of applications often have a text alone, and other implementations bodies of their own.
  if (!(response.body && 'getReader' in response.body)) return { text: await response.text() }
  const rest = PieceStream.sourceOf(response.body)
  const pieces: Uint8Array[] = []
  const late = Promise.withResolvers<undefined>()
  // What has arrived while the process was busy is read first.
  const giveUp = () => void setImmediate(() => late.resolve(undefined))
  const stopWaiting = isRepeated(response) ? after(giveUp, LATE_MS) : () => {}
  // That of an application's own may not listen to the signal.
  const letGo = onAbort(signal, (reason) => void rest.cancel(reason).catch(() => {}))
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
    letGo()
  }
  signal.throwIfAborted()
  return { text: textOf(pieces) }
}

const decoder = new TextDecoder()

function textOf(pieces: readonly Uint8Array[]): string {
  return decoder.decode(Buffer.concat(pieces))
}
