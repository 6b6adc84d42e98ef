import type { MaybePromise } from '../../pipeline.ts'

/** The first line of an event stream: a field that the standard knows, or a comment. */
const FIRST_LINE = /^(?:data|event|id|retry)?:/
const LONGEST_FIELD = 'event:'.length
/** Blank lines may precede the first line, up to this size. */
const MAX_PEEKED_BYTES = 64 * 1024

/**
 * Whether a response is a stream of events. Many servers send streams with another content type, which SDKs do not check.
 * So if the request asked for a stream, a response of any type that starts like a stream of events counts as one.
 */
export function isEventStream(response: Response, isAsked: boolean): MaybePromise<boolean> {
  if (!response.body) return false
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('text/event-stream') || /^\s*text\/event-stream/i.test(type)) return true
  return isAsked && beginsAsEvents(response.clone())
}

/** Reads the start of a copy of the response. */
async function beginsAsEvents({ body }: Response): Promise<boolean> {
  const decoder = new TextDecoder()
  let beginning = ''
  let bytes = 0
  try {
    for await (const piece of body!.values({ preventCancel: true })) {
      // This also trims the byte order mark.
      beginning = (beginning + decoder.decode(piece, { stream: true })).trimStart()
      bytes += piece.byteLength
      if (beginning.length >= LONGEST_FIELD || bytes > MAX_PEEKED_BYTES) break
    }
  } catch {
    // Reading the original fails as well, and reports the error.
    return false
  }
  // Not awaited: cancelling a copy only completes once the original was read or failed.
  body!.cancel().catch(() => {})
  return FIRST_LINE.test(beginning)
}
