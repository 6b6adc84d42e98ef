import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on loopback that answers as `answer` does; what that throws, or its body, breaks the connection. */
export class LoopbackServer {
  readonly #server: Server

  constructor(answer: typeof fetch) {
    this.#server = createServer((request, response) => void serve(answer, request, response))
  }

  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

async function serve(answer: typeof fetch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort())
  try {
    const answered = await answer(await requestOf(request, left.signal))
    response.writeHead(answered.status, Object.fromEntries(answered.headers)).flushHeaders()
    // Each has left before the next is made: what breaks after it takes nothing of it along.
    for await (const chunk of answered.body ?? []) await new Promise((sent) => response.write(chunk, sent))
    response.end()
  } catch {
    if (response.headersSent) response.destroy()
    else request.socket.resetAndDestroy()
  }
}

async function requestOf(request: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { method = 'GET', headers } = request
  const given = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string])
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const url = `http://${headers.host ?? '127.0.0.1'}${request.url}`
  return new Request(url, { method, headers: given, signal, ...(hasBody && { body: Buffer.concat(chunks) }) })
}
