import { onAbort, untilAborted } from '../../on-abort.ts'
import * as wire from '../wire/index.ts'
import { BREAKS, EVENTS_BEFORE_FAULT, type TestAnswer } from './script.ts'
import type { TestCall } from './test-call.ts'

/** One call, from what is generated for it to what is delivered. */
export type Delivery = {
  readonly call: { -readonly [Key in keyof TestCall]: TestCall[Key] }
  readonly format: wire.AnswerFormat
  readonly answer: TestAnswer
  readonly generated: wire.Generated
  readonly signal: AbortSignal
}

/** Sends the answer as a provider does, with the fault of the script in it. */
export async function deliver(delivery: Delivery): Promise<Response> {
  const { call, format, answer, generated, signal } = delivery
  const { fault = '', latencyMs = 0, msPerToken = 0, retryAfterMs } = answer
  onAbort(signal, () => end(call, 'left'))
  const refusal = typeof fault === 'object' ? fault : REFUSALS[fault]
  const generationMs = call.isStream || refusal ? 0 : msPerToken * generated.usage.outputTokens
  if (latencyMs + generationMs > 0) await sleep(latencyMs + generationMs, signal)
  if (refusal) {
    const { status } = refusal
    end(call, 'refused', status)
    const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
    return Response.json(format.error(refusal), { status, headers })
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
  const body = ReadableStream.from(bytesOf(delivery))
  return new Response(body, { headers: { 'content-type': type, 'x-request-id': id, 'request-id': id } })
}

const REFUSALS: Readonly<Record<string, wire.TestRefusal>> = wire.refusals

/** Ends a call once: what happens to it later does not change its outcome. */
function end(call: Delivery['call'], outcome: TestCall['outcome'], status = call.status): void {
  if (call.outcome === 'pending') Object.assign(call, { outcome, status })
}

/** Made as it is read. An abort breaks it, as the network does. */
async function* bytesOf(delivery: Delivery): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  try {
    for await (const text of textsOf(delivery)) {
      delivery.signal.throwIfAborted()
      yield encoder.encode(text)
    }
  } finally {
    end(delivery.call, 'left')
  }
}

async function* textsOf({ call, format, generated, answer, signal }: Delivery): AsyncGenerator<string> {
  const { fault, afterEvents = EVENTS_BEFORE_FAULT, msPerToken = 0 } = answer
  const events = call.isStream ? [...format.events(generated, call.body)] : halvesOf(format.json(generated, call.body))
  // Never after the event that says how the answer ended, for then it would be whole.
  const closing = events.findIndex(({ part }) => part === 'closing')
  const brokenAt = (BREAKS as readonly unknown[]).includes(fault) ? Math.min(afterEvents, closing) : undefined
  for (const [index, { text, tokens, part }] of events.entries()) {
    if (index === brokenAt || (part === 'terminator' && fault === 'missing_done')) {
      end(call, 'broken')
      if (fault === 'cut') throw brokenConnection('terminated')
      if (fault === 'stall') await never(signal)
      if (fault !== 'malformed') return
      yield 'data: {"id":"broken","choices":[{"del\n\n'
    }
    if (msPerToken > 0 && tokens > 0) await sleep(tokens * msPerToken, signal)
    // Before the last event, because a client that has it reads no further.
    if (index === events.length - 1) end(call, 'answered')
    yield text
  }
}

/** An answer that is not streamed breaks in its middle; its tokens have taken their time before. */
function halvesOf(body: unknown): wire.StreamEvent[] {
  const text = JSON.stringify(body)
  const [half, rest] = [text.slice(0, text.length / 2), text.slice(text.length / 2)]
  return [
    { text: half, tokens: 0 },
    { text: rest, tokens: 0, part: 'closing' },
  ]
}

/** By the timers of the process, which a test runner can replace. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    onAbort(signal, (reason) => {
      clearTimeout(timer)
      reject(reason)
    })
  })
}

const never = (signal: AbortSignal) => untilAborted(new Promise<never>(() => {}), signal)

/** As `fetch` throws it. */
function brokenConnection(message: string): TypeError {
  return new TypeError(message, { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) })
}
