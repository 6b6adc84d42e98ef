import { EventStreamParser, errorResponse, StreamBrokenError } from '../model/answer/index.ts'
import type { ModelCall } from '../model/index.ts'

/**
 * What a caller gets of a good answer that became unreadable on its way: of JSON the same 502 as when a provider sends
 * half a document, of a stream its first event and then an error.
 */
export async function spoilResponse(response: Response, call: ModelCall, cause: Error): Promise<Response> {
  if (response.body && response.headers.get('content-type')?.includes('text/event-stream')) {
    const { status, statusText, headers } = response
    const error = new StreamBrokenError(call.model, 0, { cause })
    return new Response(breakOff(response.body, error), { status, statusText, headers: new Headers(headers) })
  }
  // Read to its end, so that the provider's own usage is known.
  await response.arrayBuffer()
  return errorResponse(call.format, {
    message: `The answer of model '${call.model}' is not JSON (injected by chaos).`,
    type: 'provider_error',
    code: 'malformed_response',
  })
}

const encoder = new TextEncoder()

/** The first event often says no more than who speaks; what is unreadable is the second. */
function breakOff(body: ReadableStream<Uint8Array>, error: Error): ReadableStream<Uint8Array> {
  const events = eventsOf(body)
  let passed = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await events.next()
        if (!done && passed++ === 0) return controller.enqueue(encoder.encode(value))
        controller.error(error)
        // The provider goes on and charges for it; only the end of its stream says how much.
        void exhaust(events)
      },
      async cancel() {
        await events.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const parser = new EventStreamParser()
  for await (const chunk of body) for (const { raw } of parser.push(chunk)) yield raw
  for (const { raw } of parser.end()) yield raw
  return undefined
}

async function exhaust(events: AsyncGenerator<string, undefined>): Promise<void> {
  try {
    while (!(await events.next()).done);
  } catch {
    // It broke by itself as well; the completion of the call knows how.
  }
}
