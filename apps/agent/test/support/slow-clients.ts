import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

const MEBIBYTE = 1024 * 1024
/** More than the buffers of two connections on loopback hold together. */
export const ANSWER_BYTES = 48 * MEBIBYTE

/** Starts a provider that sends one long answer, as fast as it is read. */
export async function startLongAnswer() {
  const event = (delta: object, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ id: 'c', created: 1, model: 'gpt-5.4-mini', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
  const piece = event({ content: 'x'.repeat(256 * 1024) })
  const sent: number[] = []
  const server = createServer(async (request, response) => {
    request.resume()
    const number = sent.push(0) - 1
    response.setHeader('content-type', 'text/event-stream')
    while (sent[number]! < ANSWER_BYTES && !response.destroyed) {
      sent[number]! += piece.length
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
    response.end(`${event({}, 'stop')}data: [DONE]\n\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent }
}

export async function askSlowly(
  url: string,
  { reads, halfCloses = false }: { reads: boolean; halfCloses?: boolean },
): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  socket.on('error', () => {})
  if (!reads) socket.pause()
  await once(socket, 'connect')
  const body = JSON.stringify({ prompt: 'Hello', stream: true })
  const head = `POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`
  socket.write(head + body)
  if (halfCloses) socket.end()
  onTestFinished(() => void socket.destroy())
  return socket
}

/** Waits until the provider can send nothing more. */
export async function settled(agentUrl: string, sent: readonly number[], answers: number): Promise<void> {
  for (let quiet = 0, before = -1; quiet < 25; ) {
    await fetch(new URL('/status', agentUrl))
    const now = sent.reduce((sum, bytes) => sum + bytes, 0)
    quiet = now === before && sent.length === answers ? quiet + 1 : 0
    before = now
  }
}
