import { AttemptTimeoutError } from './attempt-timeout-error.ts'
import type { Complete } from './complete.ts'
import { EventStreamParser, type ServerSentEvent } from './event-stream.ts'
import type { Completion, ModelCall } from './model-call.ts'
import { StreamBrokenError } from './stream-broken-error.ts'

export type ReadStreamOptions = {
  readonly complete: Complete
  readonly startedAtMs: number
  readonly now: () => number
}

const encoder = new TextEncoder()

/**
 * Hands a stream on as it comes and reads it on the way. The caller's pace is the provider's pace: nothing is read
 * before it is asked for. However it ends, `completion` says so once.
 */
export function readStream(
  upstream: ReadableStream<Uint8Array>,
  call: ModelCall,
  { complete, startedAtMs, now }: ReadStreamOptions,
): { body: ReadableStream<Uint8Array>; completion: Promise<Completion> } {
  const source = upstream.getReader()
  const parser = new EventStreamParser()
  const reader = call.format.streamReader(call.request)
  const { promise: completion, resolve } = Promise.withResolvers<Completion>()
  let timeToFirstTokenMs: number | undefined

  const finish = (status: 'completed' | 'aborted' | 'broken', error?: unknown) =>
    resolve(complete(status, reader.facts(), reader.deliveredTokens, error, timeToFirstTokenMs))

  /** The bytes to hand on, as they came unless an event is hidden or not whole yet. */
  const take = (chunk: Uint8Array): Uint8Array | undefined => {
    const beganInside = parser.isInsideEvent
    const events = parser.push(chunk)
    let forwarded = events
    for (const event of events) {
      if (reader.read(event.event, event.data) === 'drop') forwarded = forwarded.filter((other) => other !== event)
    }
    if (forwarded === events && !beganInside && !parser.isInsideEvent) return chunk
    return bytesOf(forwarded)
  }

  /** A socket that breaks after the answer was whole broke nothing. */
  const end = (controller: ReadableStreamDefaultController<Uint8Array>, broken?: unknown) => {
    const rest = bytesOf(parser.end().filter((event) => reader.read(event.event, event.data) === 'forward'))
    if (reader.isComplete) {
      if (rest) controller.enqueue(rest)
      controller.close()
      return finish('completed')
    }
    // A limit of ours that passed broke the stream; anyone else who aborts it has left.
    const { aborted, reason } = call.signal
    if (aborted && !(reason instanceof AttemptTimeoutError)) {
      controller.error(reason)
      return finish('aborted', reason)
    }
    const cause = aborted ? reason : broken
    const error = new StreamBrokenError(call.model, reader.deliveredTokens, { cause })
    controller.error(error)
    finish('broken', error)
  }

  const readOn = (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> =>
    source.read().then(
      ({ done, value }) => {
        if (done) return end(controller)
        timeToFirstTokenMs ??= now() - startedAtMs
        const bytes = take(value)
        if (parser.isTooLong) {
          const error = new RangeError('An event of the stream does not end.')
          return source.cancel(error).then(() => end(controller, error))
        }
        return bytes ? controller.enqueue(bytes) : readOn(controller)
      },
      (error: unknown) => end(controller, error),
    )

  const body = new ReadableStream<Uint8Array>(
    {
      // Promises by hand: this runs for every piece of every answer, and an async function makes two more of them.
      pull: (controller) => readOn(controller),
      async cancel(reason) {
        finish(reader.isComplete ? 'completed' : 'aborted', reason)
        await source.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return { body, completion }
}

function bytesOf(events: readonly ServerSentEvent[]): Uint8Array | undefined {
  if (events.length === 0) return undefined
  let text = ''
  for (const { raw } of events) text += raw
  return encoder.encode(text)
}
