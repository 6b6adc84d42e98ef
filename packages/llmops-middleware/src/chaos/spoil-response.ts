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
  let buffered = ''
  let events = 0
  return new TransformStream({
    transform(chunk, controller) {
      if (events >= BROKEN_EVENT) return controller.enqueue(chunk)
      // Latin-1 keeps each byte one character, so that a character cut by the network survives.
      buffered += Buffer.from(chunk).toString('latin1')
      let passed = 0
      for (const { index, 0: end } of buffered.matchAll(EVENT_END)) {
        const event = buffered.slice(passed, index)
        passed = index + end.length
        if (event.includes('data:')) events++
        const isBroken = events === BROKEN_EVENT
        controller.enqueue(bytes(isBroken ? half(event) + end : event + end))
        if (isBroken) break
      }
      buffered = buffered.slice(passed)
      if (events < BROKEN_EVENT || buffered === '') return
      controller.enqueue(bytes(buffered))
      buffered = ''
    },
    flush(controller) {
      if (buffered !== '') controller.enqueue(bytes(half(buffered)))
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

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

function half(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2))
}
