import type { Span } from '@opentelemetry/api'
import { errorChain, framesOf, type Hide } from '../events/index.ts'
import { isError, readSafely } from '../read-safely.ts'

const MOST_FRAMES = 30

/**
 * Records a thrown error on a span as its `exception`, redacted as for a log. The error may have getters that throw,
 * megabytes of text, the refused prompt, or a key.
 */
export function recordError(span: Span | undefined, thrown: unknown, hide: () => Hide): void {
  if (!span?.isRecording() || !isError(thrown)) return
  const [facts] = errorChain(thrown, hide())
  if (!facts) return
  const { name, code, message } = facts
  const frames = framesOf(readSafely(thrown, 'stack')).slice(0, MOST_FRAMES)
  const stack = [`${name}: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n')
  span.recordException({ name, message, stack, ...(code !== undefined && { code }) })
}
