import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { createLlmOps } from '../../index.ts'
import { governed } from '../../web/index.ts'

const ANSWER = JSON.stringify({
  model: 'gpt-4o',
  choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 2 },
})
const EVENTS = `data: ${JSON.stringify({ model: 'gpt-4o', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`
const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }], max_completion_tokens: 50 }
const post = (isStream: boolean) => ({ method: 'POST', body: JSON.stringify({ ...body, stream: isStream }) })

/** A server that sends a status line as it is. The one of Node refuses to. */
async function serve(statusLine: string, isStream: boolean): Promise<string> {
  const text = isStream ? EVENTS : ANSWER
  const type = isStream ? 'text/event-stream' : 'application/json'
  const server = createServer((socket) => {
    const head = `HTTP/1.1 ${statusLine}\r\nconnection: close\r\ncontent-type: ${type}\r\ncontent-length: ${text.length}`
    socket.on('error', () => {}).once('data', () => socket.end(`${head}\r\n\r\n${text}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
}

const headOf = ({ status, statusText, ok }: Response) => ({ status, statusText, ok })

describe.each(TRANSPORTS)('the head of an answer over %s', (_, transport) => {
  // oven-sh/bun#42513: a Response that is made anew does not take what a server sent.
  it.each([
    ['200 成功', false],
    ['200 成功', true],
    ['429 请求过多', false],
    ['999 Request denied', true],
  ] as const)(
    'is that of the server, in any language and with any status: %s, as a stream: %s',
    async (line, isStream) => {
      const url = await serve(line, isStream)
      const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 }, fetch: transport() })
      const [bare, response] = [await fetch(url, post(isStream)), await ops.fetch(url, post(isStream))]
      const copy = response.clone()
      expect(headOf(response)).toEqual(headOf(bare))
      expect(headOf(copy)).toEqual(headOf(bare))
      const text = await bare.text()
      expect(await Promise.all([response.text(), copy.text()])).toEqual([text, text])
      expect(await ops.budget.read('contoso')).toMatchObject({ heldUsd: 0 })
    },
  )

  it('may be handed on by a governed handler', async () => {
    const url = await serve('200 成功', false)
    const ops = createLlmOps({ budget: { limitUsd: 1 }, fetch: transport() })
    const serveIt = governed({ ops, tenant: () => 'contoso' }, () => ops.fetch(url, post(false)))
    const response = await serveIt(new Request('http://127.0.0.1/'))
    expect([response.status, await response.text()]).toEqual([200, ANSWER])
  })
})
