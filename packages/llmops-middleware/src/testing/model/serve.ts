import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** Serves on loopback what `answer` answers; what that throws, or its body, breaks the connection. */
export async function serve(answer: typeof fetch): Promise<Server> {
  const server = createServer((request, response) => void respond(answer, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function respond(answer: typeof fetch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort())
  try {
    const { method = 'GET', url } = request
    const headers = request.headers as Record<string, string>
    const body = Buffer.concat(await request.toArray())
    const given = { method, headers, signal: left.signal, body: body.length > 0 ? body : null }
    const answered = await answer(new URL(url ?? '', `http://${headers['host']}`), given)
    response.writeHead(answered.status, Object.fromEntries(answered.headers)).flushHeaders()
    // Each has left before the next is made: what breaks after it takes nothing of it along.
    for await (const chunk of answered.body ?? []) await new Promise((sent) => response.write(chunk, sent))
    response.end()
  } catch {
    if (response.headersSent) response.destroy()
    else request.socket.resetAndDestroy()
  }
}
