import type { StreamProgress } from '../model/index.ts'
import type { AttemptLimits } from './attempt-limits.ts'

/**
 * Reads the beginning of a stream before anybody sees the answer, so that one that breaks or fails in it can start anew:
 * until it says more than that an answer begins, or with `toTheEnd` all of it. At the provider's own error it ends.
 *
 * @throws what broke the stream.
 */
export async function openStream(
  body: ReadableStream<Uint8Array>,
  progress: StreamProgress | undefined,
  limits: AttemptLimits,
  toTheEnd: boolean,
): Promise<ReadableStream<Uint8Array>> {
  const reader = body.getReader()
  const begun: Uint8Array[] = []
  let isWhole = false
  while (!isWhole) {
    const { done, value } = await reader.read()
    if (!done) begun.push(value)
    if (progress?.isOpen ?? true) limits.event()
    const failure = progress?.failure
    isWhole = done || failure?.isTold === true
    // What the provider did not tell its caller, the end of the stream does.
    if (!toTheEnd && !failure && (progress?.hasBegun ?? true)) break
  }
  if (isWhole) {
    limits.end()
    await reader.cancel()
  }
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
