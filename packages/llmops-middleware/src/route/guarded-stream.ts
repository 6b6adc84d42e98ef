import type { AttemptLimits } from './attempt-limits.ts'

/**
 * Reads a stream's first event before anybody sees the answer, so that one that breaks before it can start anew. With
 * `toTheEnd` it reads all of it.
 *
 * @throws what broke the stream.
 */
export async function openStream(
  body: ReadableStream<Uint8Array>,
  limits: AttemptLimits,
  toTheEnd: boolean,
): Promise<ReadableStream<Uint8Array>> {
  const reader = body.getReader()
  const first = await reader.read()
  limits.firstEvent()
  const begun = first.done ? [] : [first.value]
  if (toTheEnd && !first.done) {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      limits.event()
      begun.push(piece.value)
    }
  }
  const isWhole = first.done || toTheEnd
  if (isWhole) limits.end()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = begun.shift()
        if (next) return controller.enqueue(next)
        if (isWhole) return controller.close()
        try {
          const { done, value } = await reader.read()
          if (!done) {
            limits.event()
            return controller.enqueue(value)
          }
          limits.end()
          controller.close()
        } catch (error) {
          limits.end()
          controller.error(error)
        }
      },
      async cancel(reason) {
        limits.end()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
