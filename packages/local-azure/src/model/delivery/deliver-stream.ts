import type { StreamEvent } from '../wire/wire.ts'
import { type Delivery, waitForFirstToken, waitUnlessLeft, writeEndlessly, written } from './delivery.ts'

const STREAM_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
const EVENTS_BEFORE_FAULT = 3
const BROKEN_EVENT = 'data: {"id":"broken","choices":[{"del\n\n'

/** Sends the answer event by event, each as soon as it is generated. */
export async function deliverStream(delivery: Delivery): Promise<void> {
  const { response, attempt, wire, generated, request, fault, tokensPerSecond } = delivery
  const { usage } = generated
  let tokens = 0
  response.once('close', () => {
    if (!response.writableFinished) attempt.end(200, 'aborted', usage, tokens)
  })
  if (fault?.kind === 'wrong_content_type') {
    attempt.end(200, 'completed', usage)
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>It works!</body></html>')
    return
  }
  response.writeHead(200, STREAM_HEADERS).flushHeaders()
  if (!(await waitForFirstToken(delivery))) return

  const events = [...wire.events(generated, request.body)]
  const hurtAt = hurtIndex(delivery, events)
  for (const [index, event] of events.entries()) {
    if (response.destroyed) return
    if (index === hurtAt && (await isOver(delivery, tokens))) return
    if (event.part === 'terminator' && fault?.kind === 'missing_done') break
    // Counted before it is sent, because the provider bills an event whether or not it arrives.
    tokens += event.tokens
    const pauseMs = tokensPerSecond ? (event.tokens * 1000) / tokensPerSecond : 0
    if (pauseMs && !(await waitUnlessLeft(pauseMs, delivery))) return
    await written(delivery, event.text)
  }
  attempt.end(200, 'completed', usage)
  response.end()
}

/** The event before which the fault happens. It is never after the finish reason, as the answer would be complete. */
function hurtIndex({ fault }: Delivery, events: readonly StreamEvent[]): number | undefined {
  if (!fault) return undefined
  const closing = events.findIndex(({ part }) => part === 'closing')
  return Math.min(fault.afterEvents ?? EVENTS_BEFORE_FAULT, closing)
}

/** Applies the fault to the stream. Returns true if nothing more is sent. */
async function isOver(delivery: Delivery, tokens: number): Promise<boolean> {
  const { response, attempt, generated, fault } = delivery
  switch (fault?.kind) {
    case 'cut':
      attempt.end(200, 'cut', generated.usage, tokens)
      response.destroy()
      return true
    case 'cut_clean':
      attempt.end(200, 'cut', generated.usage, tokens)
      response.end()
      return true
    case 'stall':
      // Its close ends the attempt.
      return true
    case 'endless_body':
      await writeEndlessly(delivery)
      return true
    case 'malformed_event':
    case 'malformed_json':
      await written(delivery, BROKEN_EVENT)
      return false
    default:
      return false
  }
}
