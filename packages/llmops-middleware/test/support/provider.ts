import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type AskedProvider = {
  readonly url: string
  /** The body of each request, in the order they came. */
  readonly bodies: readonly string[]
  /** The head of each. */
  readonly requests: readonly IncomingMessage[]
}

/** A provider on loopback that answers as the test says, and is gone when it ends. */
export async function startProvider(
  answer: (response: ServerResponse, request: IncomingMessage, body: string) => void,
): Promise<AskedProvider> {
  const bodies: string[] = []
  const requests: IncomingMessage[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    requests.push(request)
    bodies.push(body)
    answer(response, request, body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, requests }
}

/** Events as a provider sends them. */
export function eventsOf(...data: readonly (object | string)[]): string {
  return data.map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`).join('')
}
