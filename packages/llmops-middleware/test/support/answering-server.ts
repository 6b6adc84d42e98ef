import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** JSON, or the data of the events of a stream; one that ends with `HANGS` stays open. */
export type Answer = object | readonly (object | string)[]
export type Asked = {
  readonly path: string
  readonly body: Record<string, unknown>
  readonly headers: NodeJS.Dict<unknown>
}

export const HANGS = 'hangs'

/** A server on loopback that answers what a test wants a provider to answer, until the test ends. */
export async function answeringServer(answer: (asked: Asked, index: number) => Answer) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString())
    asked.push({ path: request.url!, body, headers: request.headers })
    const given = answer(asked.at(-1)!, asked.length - 1)
    if (!Array.isArray(given)) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(given))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of given) if (event !== HANGS) response.write(eventOf(event))
    if (given.at(-1) !== HANGS) response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Anthropic's and the Responses API's events are named after their type. */
function eventOf(event: object | string): string {
  if (typeof event === 'string') return `data: ${event}\n\n`
  const { type } = event as { type?: string }
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(event)}\n\n`
}
