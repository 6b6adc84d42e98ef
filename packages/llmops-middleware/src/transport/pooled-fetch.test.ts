import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Agent } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pooledFetch } from './index.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

let server: Server
let url: string
let answer: Answer
let sockets: Set<Socket>
let agent: Agent

beforeEach(async () => {
  sockets = new Set()
  server = createServer(async (request, response) => {
    sockets.add(request.socket)
    let body = ''
    for await (const piece of request) body += piece
    answer(request, response, body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions?api-version=1`
  agent = new Agent()
})
afterEach(async () => {
  await agent.destroy()
  server.closeAllConnections()
  server.close()
})

const post = (more: RequestInit = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
  body: '{"model":"m"}',
  ...more,
})

/** What both must do alike. */
describe.each([
  ['the global fetch', () => fetch],
  ['a pooled fetch', () => pooledFetch({ dispatcher: agent })],
])('%s', (_, make) => {
  it('sends the request as it is, and gives the answer with its head', async () => {
    let asked: unknown
    answer = (request, response, body) => {
      asked = { method: request.method, url: request.url, token: request.headers.authorization, body }
      response.writeHead(201, 'Made', { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] })
      response.end('{"answer":"Grüße"}')
    }
    const response = await make()(url, post())
    expect(asked).toEqual({
      method: 'POST',
      url: '/v1/chat/completions?api-version=1',
      token: 'Bearer any',
      body: '{"model":"m"}',
    })
    const { status, statusText, ok, redirected } = response
    expect({ status, statusText, ok, redirected, url: response.url }).toEqual({
      status: 201,
      statusText: 'Made',
      ok: true,
      redirected: false,
      url,
    })
    expect(response).toBeInstanceOf(Response)
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await response.json()).toEqual({ answer: 'Grüße' })
    expect(response.bodyUsed).toBe(true)
    await expect(response.text()).rejects.toThrow(TypeError)
  })

  it('gives an error of the server as an answer', async () => {
    answer = (_, response) => response.writeHead(503).end('later')
    const response = await make()(url, post())
    expect([response.ok, response.status, await response.text()]).toEqual([false, 503, 'later'])
  })

  it('gives a body piece by piece as it comes', async () => {
    let goOn = () => {}
    answer = (_, response) => {
      response.write('one')
      goOn = () => response.end('two')
    }
    const texts: string[] = []
    for await (const piece of (await make()(url, post())).body!) {
      texts.push(Buffer.from(piece).toString())
      goOn()
    }
    expect(texts).toEqual(['one', 'two'])
  })

  it('uses connections again', async () => {
    answer = (_, response) => response.end('x')
    for (let call = 0; call < 10; call++) await (await make()(url, post())).text()
    expect(sockets.size).toBeLessThan(5)
  })

  it('lets the socket wait when nobody reads', async () => {
    let written = 0
    answer = (_, response) => {
      const more = () => {
        while (written < 64e6 && response.write(Buffer.alloc(1e5))) written += 1e5
      }
      response.on('drain', more)
      more()
    }
    const response = await make()(url, post())
    for (let before = -1; before !== written; await new Promise((resolve) => setTimeout(resolve, 20))) before = written
    expect(written).toBeLessThan(20e6)
    await response.body!.cancel()
  })

  it('goes to where it is sent by a redirect', async () => {
    answer = (request, response, body) => {
      if (request.url === '/there') response.end(`${request.method} ${body}`)
      else response.writeHead(307, { location: '/there' }).end()
    }
    const response = await make()(url, post())
    expect([await response.text(), response.redirected]).toEqual(['POST {"model":"m"}', true])
  })

  it('reads what is compressed', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'))
    expect(await (await make()(url, post())).json()).toEqual({ a: 1 })
  })

  it('keeps the context of its caller', async () => {
    answer = (_, response) => response.end('x')
    const storage = new AsyncLocalStorage<string>()
    const seen = await storage.run('mine', async () => {
      const response = await make()(url, post())
      for await (const _ of response.body!);
      return storage.getStore()
    })
    expect(seen).toBe('mine')
  })

  it('rejects with a TypeError that has the cause when there is no connection', async () => {
    server.close()
    await once(server, 'close')
    await expect(make()(url, post())).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { code: 'ECONNREFUSED' },
    })
  })

  it('rejects when the answer is cut before its head, and breaks the body when it is cut after it', async () => {
    answer = (request) => request.socket.destroy()
    await expect(make()(url, post())).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' })
    answer = (request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      setImmediate(() => request.socket.destroy())
    }
    const response = await make()(url, post())
    await expect(response.text()).rejects.toMatchObject({ name: 'TypeError', message: 'terminated' })
  })

  it('rejects with the reason of its signal, before, while and after the answer begins, and closes the connection', async () => {
    const reason = new Error('enough')
    await expect(make()(url, post({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
    const closed: Promise<unknown>[] = []
    const controllers = [new AbortController(), new AbortController()]
    answer = (request, response, body) => {
      closed.push(once(request.socket, 'close'))
      if (body === 'silent') return controllers[0]!.abort(reason)
      response.write('begun')
    }
    const [first, second] = controllers.map(({ signal }) => signal)
    await expect(make()(url, post({ body: 'silent', signal: first! }))).rejects.toBe(reason)
    const response = await make()(url, post({ signal: second! }))
    const reader = response.body!.getReader()
    await reader.read()
    const next = reader.read()
    controllers[1]!.abort(reason)
    await expect(next).rejects.toBe(reason)
    await Promise.all(closed)
    expect(closed).toHaveLength(2)
  })

  it('closes the connection of a body that is cancelled', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    answer = (request, response) => {
      closed = once(request.socket, 'close')
      response.write('begun')
    }
    const response = await make()(url, post())
    for await (const _ of response.body!) break
    await closed
  })
})

describe('a pooled fetch', () => {
  it('leaves everything but a POST of text to the global fetch', async () => {
    answer = (request, response, body) => response.end(`${request.method} ${body}`)
    const pooled = pooledFetch({ dispatcher: agent })
    expect(await (await pooled(url)).text()).toBe('GET ')
    expect(await (await pooled(new Request(url, post()))).text()).toBe('POST {"model":"m"}')
    expect(await (await pooled(url, post({ body: Buffer.from('bytes') }))).text()).toBe('POST bytes')
    expect(agent.stats).toEqual({})
  })

  it('leaves no listener on the signal of its caller', async () => {
    answer = (_, response) => response.end('x')
    const { signal } = new AbortController()
    await (await pooledFetch({ dispatcher: agent })(url, post({ signal }))).text()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('refuses a dispatcher that is none', () => {
    expect(() => pooledFetch({ dispatcher: 'proxy' as never })).toThrow(
      "`dispatcher` is 'proxy'; accepted is a dispatcher of undici.",
    )
  })
})
