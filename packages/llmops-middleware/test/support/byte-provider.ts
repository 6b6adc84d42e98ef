import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type ByteRequest = { readonly path: string; readonly type: string; readonly body: Buffer }

/** A provider on loopback that takes and sends bytes of any kind, and is gone when the test ends. */
export async function byteProvider(answer: (response: ServerResponse, request: ByteRequest) => void) {
  const asked: ByteRequest[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const type = request.headers['content-type'] ?? ''
    const made = { path: request.url!, type, body: Buffer.concat(pieces) }
    asked.push(made)
    answer(response, made)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** The body of a form without what differs from one to the next: its boundary, named at its start. */
export function withoutBoundary({ type, body }: ByteRequest): string {
  const boundary = /boundary=(.*)$/.exec(type)?.[1]
  return boundary === undefined ? body.toString('latin1') : body.toString('latin1').replaceAll(boundary, 'BOUNDARY')
}
