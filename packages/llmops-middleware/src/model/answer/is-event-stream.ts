import type { MaybePromise } from '../../pipeline.ts'

/** The first line of an event stream: a field that the standard knows, or a comment. */
const FIRST_LINE = /^(?:data|event|id|retry)?:/
const LONGEST_FIELD = 'event:'.length
/** Blank lines may stand before it, but not without end. */
const MAX_PEEKED_BYTES = 64 * 1024

/**
 * Whether an answer is a stream of events. SDKs that asked for one do not look at its content type, and many servers
 * send another; so an answer of any type that begins as a stream of events is one, where one was asked for.
 */
export function isEventStream(response: Response, isAsked: boolean): MaybePromise<boolean> {
  if (!response.body) return false
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('text/event-stream') || /^\s*text\/event-stream/i.test(type)) return true
  return isAsked && beginsAsEvents(response.clone())
}

/** Reads the beginning of a copy. */
async function beginsAsEvents({ body }: Response): Promise<boolean> {
  const decoder = new TextDecoder()
  let beginning = ''
  let bytes = 0
  try {
    for await (const piece of body!.values({ preventCancel: true })) {
      // Trims the byte order mark too.
      beginning = (beginning + decoder.decode(piece, { stream: true })).trimStart()
      bytes += piece.byteLength
      if (beginning.length >= LONGEST_FIELD || bytes > MAX_PEEKED_BYTES) break
    }
  } catch {
    // It breaks for whoever reads the original too, who says so.
    return false
  }
  // Not awaited: the cancelling of a copy ends when the original was read, or with the error that broke it.
  body!.cancel().catch(() => {})
  return FIRST_LINE.test(beginning)
}
