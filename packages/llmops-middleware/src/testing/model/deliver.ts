import type { AnswerFormat, AnswerRequest, Generated, StreamEvent } from '../wire/index.ts'
import type { TestClock } from './options.ts'
import type { TestAnswer } from './script.ts'
import type { TestCall } from './test-call.ts'

export type Delivery = {
  readonly format: AnswerFormat
  readonly request: AnswerRequest
  readonly generated: Generated
  readonly answer: TestAnswer
  readonly isStream: boolean
  readonly clock: TestClock
  readonly signal: AbortSignal
  readonly end: (outcome: TestCall['outcome']) => void
}

const EVENTS_BEFORE_FAULT = 3

/** The answer as a provider sends it, with the fault of the script in it. */
export function deliver(delivery: Delivery): Response {
  if (delivery.answer.fault === 'wrong_content_type') {
    delivery.end('broken')
    return new Response('<html><body>It works!</body></html>', { headers: { 'content-type': 'text/html' } })
  }
  const type = delivery.isStream ? 'text/event-stream; charset=utf-8' : 'application/json'
  return new Response(bodyOf(delivery), { headers: { 'content-type': type } })
}

/** As the network gives it: what is not read is not made, and an abort breaks it off. */
function bodyOf(delivery: Delivery): ReadableStream<Uint8Array> {
  const { signal, end } = delivery
  const pieces = delivery.isStream ? streamed(delivery) : whole(delivery)
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      start(controller) {
        const leave = () => {
          end('left')
          controller.error(signal.reason)
        }
        signal.addEventListener('abort', leave, { once: true })
      },
      async pull(controller) {
        try {
          const { done, value } = await pieces.next()
          if (signal.aborted) return
          if (done) controller.close()
          else controller.enqueue(encoder.encode(value))
        } catch (error) {
          if (!signal.aborted) controller.error(error)
        }
      },
      cancel: () => end('left'),
    },
    { highWaterMark: 0 },
  )
}

async function* whole({
  format,
  request,
  generated,
  answer: { fault },
  signal,
  end,
}: Delivery): AsyncGenerator<string> {
  const text = JSON.stringify(format.json(generated, request))
  const isHalf = fault === 'cut' || fault === 'cut_clean' || fault === 'malformed' || fault === 'stall'
  end(isHalf ? 'broken' : 'answered')
  yield isHalf ? text.slice(0, text.length / 2) : text
  if (fault === 'stall') await never(signal)
  if (fault === 'cut') throw brokenConnection()
}

async function* streamed({ format, request, generated, answer, clock, signal, end }: Delivery): AsyncGenerator<string> {
  const { fault, afterEvents = EVENTS_BEFORE_FAULT, msPerToken = 0 } = answer
  const events = [...format.events(generated, request)]
  // Never after the event that says how the answer ended, for then it would be whole.
  const hurtAt = Math.min(
    afterEvents,
    events.findIndex(({ part }) => part === 'closing'),
  )
  for (const [index, event] of events.entries()) {
    if (index === hurtAt && (fault === 'cut' || fault === 'cut_clean' || fault === 'stall' || fault === 'malformed')) {
      end('broken')
      if (fault === 'cut_clean') return
      if (fault === 'cut') throw brokenConnection()
      if (fault === 'stall') await never(signal)
      yield 'data: {"id":"broken","choices":[{"del\n\n'
    }
    if (event.part === 'terminator' && fault === 'missing_done') break
    if (msPerToken > 0 && event.tokens > 0) await clock.sleep(event.tokens * msPerToken, signal)
    // Before the last event: whoever has that reads no further.
    if (index === events.length - 1) end('answered')
    yield written(event)
  }
  end(fault === 'missing_done' ? 'broken' : 'answered')
}

function written({ event, data }: StreamEvent): string {
  return `${event ? `event: ${event}\n` : ''}data: ${data}\n\n`
}

export function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** As `fetch` throws it. */
export function brokenConnection(message = 'terminated'): TypeError {
  return new TypeError(message, { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) })
}
