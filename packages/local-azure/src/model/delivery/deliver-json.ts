import { type Delivery, waitForFirstToken, waitUnlessLeft, writeEndlessly, written } from './delivery.ts'

/** Sends a whole answer as JSON. */
export async function deliverJson(delivery: Delivery): Promise<void> {
  const { response, attempt, generated, wire, request, fault, tokensPerSecond } = delivery
  const { usage } = generated
  let startedAtMs: number | undefined
  response.once('close', () => {
    if (response.writableFinished) return
    const elapsedMs = startedAtMs === undefined ? 0 : performance.now() - startedAtMs
    attempt.end(200, 'aborted', usage, Math.floor((elapsedMs * tokensPerSecond) / 1000))
  })
  if (!(await waitForFirstToken(delivery))) return
  startedAtMs = performance.now()
  if (tokensPerSecond && !(await waitUnlessLeft((usage.outputTokens * 1000) / tokensPerSecond, delivery))) return

  const text = JSON.stringify(wire.json(generated, request.body))
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  const half = text.slice(0, text.length / 2)
  attempt.end(200, fault?.kind === 'cut' ? 'cut' : 'completed', usage)
  switch (fault?.kind) {
    case 'malformed_json':
    case 'malformed_event':
    case 'cut_clean':
      response.writeHead(200, { 'content-type': 'application/json' }).end(half)
      return
    case 'cut':
      response.writeHead(200, headers)
      await written(delivery, half)
      response.destroy()
      return
    case 'stall':
      response.writeHead(200, headers).write(half)
      return
    case 'wrong_content_type':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>It works!</body></html>')
      return
    case 'endless_body':
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"padding":"')
      return await writeEndlessly(delivery)
    default:
      response.writeHead(200, headers).end(text)
  }
}
