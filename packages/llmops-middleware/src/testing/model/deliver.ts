import {
  type AnswerFormat,
  type AnswerRequest,
  type Generated,
  type Refusal,
  refusalOf,
  type StreamEvent,
} from '../wire/index.ts'
import type { TestClock } from './options.ts'
import type { TestAnswer, TestRefusal } from './script.ts'
import type { TestCall } from './test-call.ts'

/** One call, from what is generated for it to what is delivered. */
export type Delivery = {
  readonly call: { -readonly [Key in keyof TestCall]: TestCall[Key] }
  readonly format: AnswerFormat
  readonly request: AnswerRequest
  readonly answer: TestAnswer
  readonly generated: Generated
  readonly clock: TestClock
  readonly signal: AbortSignal
}

export const EVENTS_BEFORE_FAULT = 3

/** The faults that break an answer in its middle. */
const BREAKS: ReadonlySet<TestAnswer['fault']> = new Set(['cut', 'cut_clean', 'stall', 'malformed'])

function ownRefusal({ status, code, message = 'The test model was told to refuse.' }: TestRefusal): Refusal {
  return { status, code: code ?? null, message }
}

/** Sends the answer as a provider does, with the fault of the script in it. */
export async function deliver(delivery: Delivery): Promise<Response> {
  const { call, format, answer, generated, clock, signal } = delivery
  const { fault, latencyMs = 0, msPerToken = 0, retryAfterMs } = answer
  const refusal = typeof fault === 'object' ? ownRefusal(fault) : refusalOf(fault)
  signal.addEventListener('abort', () => end(call, 'left'), { once: true })
  const generationMs = call.isStream || refusal ? 0 : msPerToken * generated.usage.outputTokens
  if (latencyMs + generationMs > 0) await clock.sleep(latencyMs + generationMs, signal)
  if (refusal) {
    end(call, 'refused', refusal.status)
    const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
    return Response.json(format.error(refusal), { status: refusal.status, headers })
  }
  if (fault === 'hang') await never(signal)
  if (fault === 'reset') {
    end(call, 'broken')
    throw brokenConnection('fetch failed')
  }
  Object.assign(call, { status: 200, usage: generated.usage })
  if (fault === 'wrong_content_type') {
    end(call, 'broken')
    return new Response('<html><body>It works!</body></html>', { headers: { 'content-type': 'text/html' } })
  }
  const type = call.isStream ? 'text/event-stream; charset=utf-8' : 'application/json'
  const id = `req_${generated.id}`
  return new Response(bodyOf(delivery), { headers: { 'content-type': type, 'x-request-id': id, 'request-id': id } })
}

/** Ends a call once: what happens to it later does not change its outcome. */
function end(call: Delivery['call'], outcome: TestCall['outcome'], status = call.status): void {
  if (call.outcome === 'pending') Object.assign(call, { outcome, status })
}

/** Made as it is read. An abort breaks it, as the network does. */
function bodyOf(delivery: Delivery): ReadableStream<Uint8Array> {
  const { call, signal } = delivery
  const pieces = call.isStream ? streamed(delivery) : whole(delivery)
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      start(controller) {
        signal.addEventListener('abort', () => controller.error(signal.reason), { once: true })
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
      cancel: () => end(call, 'left'),
    },
    { highWaterMark: 0 },
  )
}

async function* whole({ call, format, request, generated, answer, signal }: Delivery): AsyncGenerator<string> {
  const text = JSON.stringify(format.json(generated, request))
  const isHalf = BREAKS.has(answer.fault)
  end(call, isHalf ? 'broken' : 'answered')
  yield isHalf ? text.slice(0, text.length / 2) : text
  if (answer.fault === 'stall') await never(signal)
  if (answer.fault === 'cut') throw brokenConnection()
}

async function* streamed(delivery: Delivery): AsyncGenerator<string> {
  const { call, format, request, generated, answer, clock, signal } = delivery
  const { fault, afterEvents = EVENTS_BEFORE_FAULT, msPerToken = 0 } = answer
  const events = [...format.events(generated, request)]
  // Never after the event that says how the answer ended, for then it would be whole.
  const closing = events.findIndex(({ part }) => part === 'closing')
  const brokenAt = BREAKS.has(fault) ? Math.min(afterEvents, closing) : undefined
  for (const [index, event] of events.entries()) {
    if (index === brokenAt) {
      end(call, 'broken')
      if (fault === 'cut_clean') return
      if (fault === 'cut') throw brokenConnection()
      if (fault === 'stall') await never(signal)
      yield 'data: {"id":"broken","choices":[{"del\n\n'
    }
    if (event.part === 'terminator' && fault === 'missing_done') break
    if (msPerToken > 0 && event.tokens > 0) await clock.sleep(event.tokens * msPerToken, signal)
    // Before the last event, because a client that has it reads no further.
    if (index === events.length - 1) end(call, 'answered')
    yield written(event)
  }
  end(call, fault === 'missing_done' ? 'broken' : 'answered')
}

function written({ event, data }: StreamEvent): string {
  return `${event ? `event: ${event}\n` : ''}data: ${data}\n\n`
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** As `fetch` throws it. */
function brokenConnection(message = 'terminated'): TypeError {
  return new TypeError(message, { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) })
}
