import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { freePort } from 'test-support/free-port'
import { Agent } from 'undici'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createLlmOps } from '../index.ts'
import { pooledFetch } from './index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

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
  it('sends the request as it is, and returns the response with its headers', async () => {
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

  it('returns an error of the server as a response', async () => {
    answer = (_, response) => response.writeHead(503).end('later')
    const response = await make()(url, post())
    expect([response.ok, response.status, await response.text()]).toEqual([false, 503, 'later'])
  })

  it('returns a body piece by piece as it comes', async () => {
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

  it('pauses the socket when the body is not read', async () => {
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

  it.each([
    [307, 'POST {"model":"m"}'],
    [308, 'POST {"model":"m"}'],
    [301, 'GET '],
    [302, 'GET '],
    [303, 'GET '],
  ])('goes to where it is sent by a redirect with %i, and asks once there and here', async (status, expected) => {
    const asked: (string | undefined)[] = []
    answer = (request, response, body) => {
      asked.push(request.url)
      if (request.url === '/there') response.end(`${request.method} ${body}`)
      else if (request.url === '/on') response.writeHead(status, { location: '/there' }).end('elsewhere')
      else response.writeHead(status, { location: '/on' }).end('elsewhere')
    }
    const response = await make()(url, post())
    expect([await response.text(), response.redirected]).toEqual([expected, true])
    expect(response.url).toBe(new URL('/there', url).href)
    expect(asked).toEqual(['/v1/chat/completions?api-version=1', '/on', '/there'])
  })

  it('sends no credentials to another host after a redirect', async () => {
    const { promise: elsewhere, resolve } = Promise.withResolvers<IncomingMessage>()
    const other = createServer((request, response) => {
      resolve(request)
      response.end('there')
    })
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const location = `http://localhost:${(other.address() as AddressInfo).port}/there`
    answer = (_, response) => response.writeHead(307, { location }).end()
    const response = await make()(url.replace('localhost', '127.0.0.1'), post())
    expect(await response.text()).toBe('there')
    expect((await elsewhere).headers.authorization).toBeUndefined()
    expect((await elsewhere).headers.host).toBe(new URL(location).host)
    other.closeAllConnections()
    other.close()
  })

  it('fails at endless redirects, and returns one without a location as a response', async () => {
    let count = 0
    answer = (_, response) => response.writeHead(307, { location: `/${++count}` }).end()
    await expect(make()(url, post())).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' })
    expect(count).toBe(21)
    answer = (_, response) => response.writeHead(307, { location: 'ftp://models.example/' }).end()
    await expect(make()(url, post())).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' })
    answer = (_, response) => response.writeHead(307).end('nowhere')
    const response = await make()(url, post())
    expect([response.status, await response.text(), response.redirected]).toEqual([307, 'nowhere', false])
  })

  const TEXT = '{"answer":"Grüße"}'
  it.each<[string, Uint8Array]>([
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['GZIP', gzipSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['zstd', zstdCompressSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
    ['Deflate,gzip , BR', brotliCompressSync(gzipSync(deflateRawSync(TEXT)))],
    // Nobody knows what these two mean, so their bytes are passed on.
    ['identity', Buffer.from(TEXT)],
    ['utf-8', Buffer.from(TEXT)],
  ])(
    'decodes a body that was sent as %s though nobody asked for it, and says where it came from',
    async (encoding, body) => {
      answer = (_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body)
      const response = await make()(url, post())
      expect([await response.text(), response.url, response.headers.get('content-encoding')]).toEqual([
        TEXT,
        url,
        encoding,
      ])
    },
  )

  it.each(['gzip', 'deflate', 'br'])('takes an empty body for one that was sent as %s', async (encoding) => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': encoding }).end()
    expect(await (await make()(url, post())).text()).toBe('')
  })

  it('returns the part of a compressed body that came, as browsers do, and breaks where it is garbage', async () => {
    const body = gzipSync('x'.repeat(1000))
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body.subarray(0, -4))
    expect(await (await make()(url, post())).text()).toBe('x'.repeat(1000))
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('garbage')
    await expect((await make()(url, post())).text()).rejects.toMatchObject({ name: 'TypeError', message: 'terminated' })
  })

  it('returns what was flushed into a compressed body at once', async () => {
    const gzip = createGzip()
    answer = (_, response) => {
      gzip.pipe(response.writeHead(200, { 'content-encoding': 'gzip' }))
      gzip.write('one')
      gzip.flush()
    }
    const texts: string[] = []
    for await (const piece of (await make()(url, post())).body!) {
      texts.push(Buffer.from(piece).toString())
      if (texts.length === 1) gzip.end('two')
    }
    expect(texts.join('')).toBe('onetwo')
  })

  it('refuses a body that was compressed more often than anybody would', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'br, br, br, br, br, br' }).end(TEXT)
    await expect(make()(url, post())).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' })
  })

  it('closes the connection of a compressed body that is cancelled', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    answer = (request, response) => {
      closed = once(request.socket, 'close')
      const gzip = createGzip()
      gzip.pipe(response.writeHead(200, { 'content-encoding': 'gzip' }))
      gzip.write('begun')
      gzip.flush()
    }
    for await (const _ of (await make()(url, post())).body!) break
    await closed
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
    await expect(make()(`http://127.0.0.1:${await freePort()}/v1`, post())).rejects.toMatchObject({
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

  it('names the host that it asks, whatever host a request names that is handed on, and no fragment', async () => {
    answer = (request, response) => response.end(request.headers.host)
    const response = await make()(`${url}#part`, post({ headers: { ...post().headers, host: 'app.example' } }))
    expect([await response.text(), response.url]).toEqual([new URL(url).host, url])
  })

  // nodejs/undici#4068: a copy of a request no longer hears its signal once the copy was collected.
  it('breaks a body when its signal is aborted, however long it was silent', async () => {
    answer = (_, response) => response.writeHead(200).write('begun')
    const controller = new AbortController()
    const reader = (await make()(url, { signal: controller.signal })).body!.getReader()
    await reader.read()
    const rest = reader.read()
    collect()
    await new Promise(setImmediate)
    collect()
    controller.abort(new Error('enough'))
    await expect(rest).rejects.toThrow('enough')
  })
})

describe('a pooled fetch', () => {
  const FORM = () => {
    const form = new FormData()
    form.set('file', new Blob(['bytes']), 'a.txt')
    return form
  }
  const REQUESTS: [string, () => Parameters<typeof fetch>][] = [
    ['a GET', () => [url]],
    ['a Request', () => [new Request(url, post())]],
    ['bytes', () => [url, post({ body: Buffer.from('bytes') })]],
    ['a form', () => [url, { method: 'POST', body: FORM() }]],
    ['a stream', () => [url, { ...post({ body: new Blob(['streamed']).stream() }), duplex: 'half' } as RequestInit]],
    ['a redirect that is to be an error', () => [url, post({ redirect: 'error' })]],
  ]

  it.each(REQUESTS)(
    'sends %s as the global fetch does, and through its dispatcher where it has one',
    async (_, make) => {
      const seen: object[] = []
      answer = (request, response, body) => {
        const { 'content-length': length, authorization, 'content-type': type } = request.headers
        seen.push({ method: request.method, length, authorization, type: type?.split(';')[0], size: body.length })
        response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end('answer')
      }
      const connected = vi.fn()
      agent.on('connect', connected)
      const expected = await fetch(...make())
      const own = await pooledFetch()(...make())
      expect(connected).not.toHaveBeenCalled()
      const through = await pooledFetch({ dispatcher: agent })(...make())
      expect(connected).toHaveBeenCalledOnce()
      for (const response of [own, through]) {
        expect(response).toBeInstanceOf(Response)
        expect([response.status, response.url, await response.text()]).toEqual([200, expected.url, 'answer'])
        expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
      }
      expect(seen).toEqual([seen[0], seen[0], seen[0]])
    },
  )

  it('takes its proxy from the environment if Node is configured to', async () => {
    let asked = ''
    answer = (request, response) => response.end(`for ${request.url} of ${asked || 'none'}`)
    // Before undici 8 a proxy is asked for a tunnel, to plain HTTP too.
    server.on('connect', (request, socket) => {
      asked = request.url ?? ''
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      server.emit('connection', socket)
    })
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
    vi.stubEnv('http_proxy', new URL(url).origin)
    vi.stubEnv('no_proxy', '')
    onTestFinished(() => void vi.unstubAllEnvs())
    const response = await pooledFetch()('http://models.example/v1/chat/completions', post())
    expect(await response.text()).toMatch(/models\.example/)
  })

  it('can be used by a fetch that became the global one', async () => {
    answer = (request, response) => {
      if (request.url === '/there') response.end(request.method)
      else response.writeHead(307, { location: '/there' }).end()
    }
    const original = globalThis.fetch
    const { fetch: governed } = createLlmOps({ fetch: pooledFetch({ dispatcher: agent }), defaultTenant: 'contoso' })
    globalThis.fetch = governed
    try {
      expect(await (await fetch(url)).text()).toBe('GET')
      expect(await (await fetch(url, post())).text()).toBe('POST')
    } finally {
      globalThis.fetch = original
    }
  })

  it('leaves no listener on the signal of its caller', async () => {
    answer = (_, response) => response.end('x')
    const { signal } = new AbortController()
    await (await pooledFetch({ dispatcher: agent })(url, post({ signal }))).text()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('refuses a dispatcher that is none', () => {
    expect(() => pooledFetch({ dispatcher: 'proxy' as never })).toThrow(
      "`dispatcher` must be a dispatcher of undici, got 'proxy'.",
    )
  })
})
