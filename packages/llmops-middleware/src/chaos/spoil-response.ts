/** Breaks a good answer as it passes: a JSON body loses its second half, a stream gets one event that is no JSON. */
export function spoilResponse(response: Response): Response {
  const isStream = response.headers.get('content-type')?.includes('text/event-stream') ?? false
  const headers = new Headers(response.headers)
  // They describe the body that was; `fetch` has already decoded it.
  headers.delete('content-length')
  headers.delete('content-encoding')
  const spoiler = isStream ? breakOneEvent() : cutInHalf()
  return new Response(response.body?.pipeThrough(spoiler) ?? null, {
    status: response.status,
    statusText: response.statusText,
    headers,
  })
}

/** The second event: the first often says no more than who speaks. */
const BROKEN_EVENT = 2
const EVENT_END = /\r?\n\r?\n/g

function breakOneEvent(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let buffered = ''
  let events = 0
  return new TransformStream({
    transform(chunk, controller) {
      if (events >= BROKEN_EVENT) return controller.enqueue(chunk)
      buffered += decoder.decode(chunk, { stream: true })
      let sent = 0
      for (const { index, 0: end } of buffered.matchAll(EVENT_END)) {
        const event = buffered.slice(sent, index)
        sent = index + end.length
        controller.enqueue(encoder.encode(++events === BROKEN_EVENT ? half(event) + end : event + end))
      }
      buffered = buffered.slice(sent)
      if (events < BROKEN_EVENT) return
      controller.enqueue(encoder.encode(buffered))
      buffered = ''
    },
    flush(controller) {
      if (buffered !== '') controller.enqueue(encoder.encode(half(buffered)))
    },
  })
}

function cutInHalf(): TransformStream<Uint8Array, Uint8Array> {
  const chunks: Uint8Array[] = []
  return new TransformStream({
    transform(chunk) {
      chunks.push(chunk)
    },
    flush(controller) {
      const body = Buffer.concat(chunks)
      controller.enqueue(new Uint8Array(body.subarray(0, Math.floor(body.length / 2))))
    },
  })
}

function half(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2))
}
