import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Agent } from 'undici'
import { Agent as Agent7 } from 'undici-7'
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { startProvider } from '../../../test/support/provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { createLlmOps } from '../../index.ts'
import { pooledFetch } from '../../transport/index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const usage = { prompt_tokens: 5, completion_tokens: 2 }
const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }], max_completion_tokens: 50 })
const headers = { 'content-type': 'application/json' }

const start = (fetch: typeof globalThis.fetch) =>
  createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 }, fetch })

const agent = new Agent()
afterAll(() => agent.destroy())
const WAYS = [...TRANSPORTS, ['pooledFetch({ dispatcher })', () => pooledFetch({ dispatcher: agent })] as const]

/** A server that never answers, with what tells that it was asked and left. */
async function startSilent() {
  const asked = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  const server = createServer((request) => {
    request.socket.once('close', () => left.resolve())
    request.resume().once('end', () => asked.resolve())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
  return { url, asked: asked.promise, left: left.promise }
}

/** Twice, because what only weak references lead to is let go in a turn of its own. */
async function collectAll(): Promise<void> {
  collect()
  await new Promise(setImmediate)
  collect()
}

// nodejs/undici#4068: a copy of a Request no longer hears its signal once the copy was collected.
describe.each(WAYS)('a Request over %s to a provider that is silent for long', (_, transport) => {
  it('is aborted by its signal', async () => {
    const { url, asked, left } = await startSilent()
    const controller = new AbortController()
    const request = new Request(url, { method: 'POST', body, headers, signal: controller.signal })
    const answer = start(transport()).fetch(request)
    await asked
    await collectAll()
    controller.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    await left
    expect(request.bodyUsed).toBe(true)
  })

  it('is aborted with its task', async () => {
    const { url, asked, left } = await startSilent()
    const ops = start(transport())
    let status: number | undefined
    const ended = ops.task({}, async (task) => {
      const answer = ops.fetch(new Request(url, { method: 'POST', body, headers }))
      await asked
      await collectAll()
      task.abort(new Error('enough'))
      status = (await answer).status
    })
    await expect(ended).rejects.toThrow('enough')
    expect(status).toBe(400)
    await left
  })
})

const form = () => {
  const form = new FormData()
  form.append('model', 'gpt-image-1')
  form.append('prompt', 'a cat')
  form.append('image', new File(['an image'], 'a.png', { type: 'image/png' }))
  return form
}

describe.each(TRANSPORTS)('the options of a request over %s', (_, transport) => {
  let sentThrough = 0
  const own = new Agent7().compose((dispatch) => (options, handler) => {
    sentThrough++
    return dispatch(options, handler)
  })
  afterAll(() => own.close())
  beforeEach(() => {
    sentThrough = 0
  })
  const options = { method: 'POST', cache: 'no-store', dispatcher: own } as unknown as RequestInit
  type Shape = (url: string) => Parameters<typeof fetch>
  const CHAT = '/v1/chat/completions'
  const EDITS = '/v1/images/edits'
  const SHAPES: readonly (readonly [string, string, Shape])[] = [
    ['a string', CHAT, (url) => [url, { ...options, headers, body }]],
    ['a Blob', CHAT, (url) => [url, { ...options, headers, body: new Blob([body]) }]],
    ['a stream', CHAT, (url) => [url, { ...options, headers, body: new Blob([body]).stream(), duplex: 'half' }]],
    ['a form', EDITS, (url) => [url, { ...options, body: form() }]],
    ['a Request', CHAT, (url) => [new Request(url, { ...options, headers, body })]],
    ['a Request and options', CHAT, (url) => [new Request(url, { method: 'POST', headers, body }), options]],
    ['a Request of a form', EDITS, (url) => [new Request(url, { ...options, body: form() })]],
  ]

  it.each(SHAPES)('are kept, its dispatcher too: %s', async (_, path, shape) => {
    const { url, requests } = await startProvider((response) => response.end(JSON.stringify({ choices: [], usage })))
    const ops = start(transport())
    expect((await ops.fetch(...shape(url + path))).status).toBe(200)
    expect([sentThrough, requests[0]!.headers['cache-control']]).toEqual([1, 'no-cache'])
  })

  it('may be null beside a Request', async () => {
    const { url } = await startProvider((response) => response.end(JSON.stringify({ choices: [], usage })))
    const request = new Request(url + CHAT, { method: 'POST', headers, body })
    expect((await start(transport()).fetch(request, null as unknown as undefined)).status).toBe(200)
  })
})
