import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventsOf, startProvider } from '../../test/support/provider.ts'
import { createLlmOps } from '../llmops.ts'
import { createTaskRunner, currentTask, lifeOf, recordOf, type Task, type TaskOutcome } from '../task.ts'
import { adminHandler, type FetchHandler, type GovernedOptions, governed, healthHandler } from './index.ts'

type Serve = (handler: (request: Request) => Response | Promise<Response>) => { fetch(request: Request): unknown }

/** Each with real sockets: Hono, and the Fetch handler alone. */
const SERVERS: readonly (readonly [string, Serve])[] = [
  ['Hono', (handler) => new Hono().all('/*', (c: Context) => handler(c.req.raw))],
  ['a server of Node', (handler) => ({ fetch: handler })],
]

async function listen(app: { fetch(request: Request): unknown }): Promise<string> {
  const server = createAdaptorServer({ fetch: app.fetch as (request: Request) => Response })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A governed handler, and the task of its one request once that is closed. */
function watched(handler: FetchHandler, options: Partial<GovernedOptions> = {}) {
  const ended = Promise.withResolvers<{ task: Task; outcome: TaskOutcome | undefined }>()
  const task = createTaskRunner({
    observe: async (task, run) => {
      lifeOf(task)!.whenClosed(() => ended.resolve({ task, outcome: task.outcome }))
      return run()
    },
  })
  const serve = governed({ ops: { task }, tenant: () => 'contoso', log: () => {}, ...options }, handler)
  return { serve, ended: ended.promise }
}

describe.each(SERVERS)('a governed handler behind %s', (_name, serverOf) => {
  async function setUp(handler: FetchHandler, options: Partial<GovernedOptions> = {}) {
    const { serve, ended } = watched(handler, options)
    return { url: await listen(serverOf(serve)), ended }
  }

  it('runs in the task of its request, whose id is in the response', async () => {
    const { url, ended } = await setUp(async (request) => Response.json([currentTask()?.id, await request.json()]))
    const response = await fetch(url, { method: 'POST', body: '{"q":1}' })
    const { task, outcome } = await ended
    expect([await response.json(), response.headers.get('x-task-id')]).toEqual([[task.id, { q: 1 }], task.id])
    expect(outcome).toEqual({ status: 'success' })
  })

  it('knows of its caller what an application finds out later', async () => {
    const { url, ended } = await setUp(() => new Response(), {
      tenant: async (request) => request.headers.get('x-tenant') ?? undefined,
      scopes: async () => ({ user: 'ada' }),
      id: (request) => request.headers.get('x-request-id'),
      conversationId: (request) => new URL(request.url).searchParams.get('thread'),
    })
    await fetch(`${url}?thread=t-1`, { headers: { 'x-tenant': 'fabrikam', 'x-request-id': 'req-7' } })
    const { task } = await ended
    expect([task.tenant, task.scopes, task.id, task.conversationId]).toEqual([
      'fabrikam',
      { user: 'ada' },
      'req-7',
      't-1',
    ])
  })

  it.each([
    ['of nobody', async () => undefined, 401, 'unknown_tenant'],
    ['that a broken lookup finds', () => Promise.reject(new Error('The directory is down.')), 500, 'internal'],
  ])('does not run for a tenant %s', async (_what, tenant, status, code) => {
    const handler = vi.fn(() => new Response('served'))
    const { url } = await setUp(handler, { tenant })
    const response = await fetch(url)
    expect([response.status, await response.json()]).toMatchObject([status, { code }])
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(handler).not.toHaveBeenCalled()
  })

  it('that throws is answered with a problem, and its task fails with that', async () => {
    const { url, ended } = await setUp(() => {
      throw Object.assign(new Error('Nothing is left.'), { code: 'budget_exceeded' })
    })
    const response = await fetch(url)
    const { task, outcome } = await ended
    expect([response.status, await response.json()]).toMatchObject([402, { code: 'budget_exceeded', taskId: task.id }])
    expect(response.headers.get('x-task-id')).toBe(task.id)
    expect(outcome).toEqual({ status: 'failure', reason: 'budget_exceeded' })
  })

  it.each([
    ['JSON', 'The body is not JSON.', (request: Request) => request.json()],
    ['a form', 'The body is not a form.', (request: Request) => request.formData()],
  ])('that gets no %s where it reads some answers 400, and its caller has failed', async (_what, detail, read) => {
    const { url, ended } = await setUp(async (request) => Response.json(await read(request)))
    const response = await fetch(url, { method: 'POST', body: '{"q":' })
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { code: 'invalid_request', detail, field: 'body' },
    ])
    const { task, outcome } = await ended
    expect(outcome).toEqual({ status: 'failure', reason: 'invalid_request' })
    expect(recordOf(task)!.failureClass).toBe('caller')
  })

  it.each([
    ['reads a body twice', async (request: Request) => [await request.json(), await request.json()]],
    [
      'reads a form of which another has the reader',
      (request: Request) => {
        request.body?.getReader()
        return request.formData()
      },
    ],
    ['cannot read what a model said', async () => JSON.parse('{"q":')],
  ])('that %s has failed itself', async (_what, act) => {
    const { url, ended } = await setUp(async (request) => Response.json(await act(request)))
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(500)
    expect(recordOf((await ended).task)!.failureClass).toBe('agent')
  })

  it('has a task as long as its stream is read', async () => {
    const { url, ended } = await setUp(
      () =>
        new Response(
          streamOf(async (write) => {
            await turn()
            write(`${currentTask()?.tenant} ${currentTask()?.outcome ?? 'running'}`)
          }),
        ),
    )
    expect(await (await fetch(url)).text()).toBe('contoso running')
    expect((await ended).outcome).toEqual({ status: 'success' })
  })

  it('that fails behind its headers fails its task, and the response is cut', async () => {
    const { url, ended } = await setUp(
      () =>
        new Response(
          streamOf(async (write) => {
            write('half an ans')
            // This server keeps its headers back until it has two pieces.
            for (let piece = 0; piece < 3; piece++) {
              await turn()
              write('wer ')
            }
            await turn()
            throw Object.assign(new Error('It broke.'), { code: 'stream_broken' })
          }),
        ),
    )
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'stream_broken' })
  })

  // honojs/node-server#107, sveltejs/kit#16793: also where the whole body of the request was read.
  it('is aborted by a client that leaves before its answer', async () => {
    const begun = Promise.withResolvers<Task>()
    const { url, ended } = await setUp(async (request) => {
      await request.text()
      begun.resolve(currentTask()!)
      return new Promise<never>(() => {})
    })
    const client = httpRequest(url, { method: 'POST' }).on('error', () => {})
    client.end('a question')
    const { signal } = await begun.promise
    const aborted = once(signal, 'abort')
    client.destroy()
    await aborted
    const { task, outcome } = await ended
    expect([outcome, recordOf(task)!.failureClass]).toEqual([
      { status: 'failure', reason: 'client_disconnected' },
      'caller',
    ])
  })

  it('is aborted by a client that leaves within its stream', async () => {
    const begun = Promise.withResolvers<Task>()
    const { url, ended } = await setUp(() => {
      begun.resolve(currentTask()!)
      return new Response(endless())
    })
    const client = httpRequest(url, (response) => response.once('data', () => client.destroy()))
    client.on('error', () => {}).end()
    const { signal } = await begun.promise
    if (!signal.aborted) await once(signal, 'abort')
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'client_disconnected' })
  })

  it('that misses its deadline is answered with 504, whatever it does', async () => {
    const { url, ended } = await setUp(() => new Promise<never>(() => {}), { deadlineMs: 5 })
    const response = await fetch(url)
    expect([response.status, await response.json()]).toMatchObject([504, { code: 'deadline_exceeded' }])
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'deadline_exceeded' })
  })

  it('that misses its deadline before it is known who pays is answered with 504, and does not run', async () => {
    let hasRun = false
    const handler = () => {
      hasRun = true
      return new Response()
    }
    const { url } = await setUp(handler, { tenant: () => new Promise<never>(() => {}), deadlineMs: 5 })
    const response = await fetch(url)
    expect([response.status, await response.json()]).toMatchObject([504, { code: 'deadline_exceeded' }])
    expect(hasRun).toBe(false)
  })

  it('that leaves its stream open is cut a grace period after the deadline', async () => {
    const options = { deadlineMs: 400, graceMs: 20 }
    const { url, ended } = await setUp(
      () =>
        new Response(
          streamOf(async (write) => {
            for (let piece = 0; piece < 3; piece++) {
              write('half an ans')
              await turn()
            }
            await new Promise(() => {})
          }),
        ),
      options,
    )
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'deadline_exceeded' })
  })

  it('that listens to the deadline may end its stream in its own words', async () => {
    const { url } = await setUp(
      () =>
        new Response(
          streamOf(async (write) => {
            write('half and ')
            await once(currentTask()!.signal, 'abort')
            write('half')
          }),
        ),
      { deadlineMs: 400, graceMs: 60_000 },
    )
    expect(await (await fetch(url)).text()).toBe('half and half')
  })

  // cloudflare/workers-sdk#5378, withastro/astro#9871, expo/expo#43111: headers that cannot be changed.
  it('may return a redirect, with cookies', async () => {
    const { url, ended } = await setUp(() => Response.redirect('http://127.0.0.1/elsewhere', 303))
    const response = await fetch(url, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([303, 'http://127.0.0.1/elsewhere'])
    expect(response.headers.get('x-task-id')).toBe((await ended).task.id)
  })

  // remix-run/remix: `throw redirect()` in loaders and actions.
  it('may throw its response', async () => {
    const { url, ended } = await setUp(() => {
      throw new Response('No such order.', { status: 404 })
    })
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([404, 'No such order.'])
    expect(response.headers.get('x-task-id')).toBe((await ended).task.id)
    expect((await ended).outcome).toEqual({ status: 'success' })
  })

  it('throws if it returns a response that was used before', async () => {
    const elsewhere = await listen({ fetch: () => new Response('key sk-123 is wrong', { status: 401 }) })
    const { url, ended } = await setUp(async () => {
      throw await fetch(elsewhere)
    })
    const response = await fetch(url)
    expect([response.status, await response.json()]).toMatchObject([500, { code: 'internal' }])
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'internal' })
  })

  it.each([204, 304])('may return a response without a body: %i, with each of its cookies', async (status) => {
    const { url, ended } = await setUp(
      () =>
        new Response(null, {
          status,
          headers: [
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
          ],
        }),
    )
    const response = await fetch(url)
    expect([response.status, response.headers.getSetCookie()]).toEqual([status, ['a=1', 'b=2']])
    expect((await ended).outcome).toEqual({ status: 'success' })
  })

  it.each([
    ['nothing', () => undefined as never],
    [
      'a response that was read',
      async () => {
        const response = new Response('read')
        await response.text()
        return response
      },
    ],
  ])('that returns %s is a mistake of ours, and is logged', async (_what, handler) => {
    const log = vi.fn()
    const { url, ended } = await setUp(handler, { log })
    expect((await fetch(url)).status).toBe(500)
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError))
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'internal' })
  })

  it('streams what a model says, charges its tenant, and stops the model when the client leaves', async () => {
    const provider = await startProvider((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(
        eventsOf({
          id: 'c',
          object: 'chat.completion.chunk',
          model: 'gpt-4o',
          choices: [{ index: 0, delta: { content: 'Hel' } }],
        }),
      )
    })
    const ops = createLlmOps({ budget: { limitUsd: 1 } })
    const openai = new OpenAI({ apiKey: 'none', baseURL: `${provider.url}/v1`, fetch: ops.fetch })
    const serve = governed({ ops, tenant: () => 'contoso' }, async () => {
      const messages = [{ role: 'user' as const, content: 'Hello' }]
      const stream = await openai.chat.completions.create({
        model: 'gpt-4o',
        messages,
        stream: true,
        max_completion_tokens: 9,
      })
      return new Response(stream.toReadableStream())
    })
    const url = await listen(serverOf(serve))
    const client = httpRequest(url, (response) => response.once('data', () => client.destroy()))
    client.on('error', () => {}).end()
    await expect.poll(() => provider.requests[0]?.socket.destroyed).toBe(true)
    await ops.close()
    const { spentUsd, heldUsd } = await ops.budget.read('contoso')
    expect([spentUsd > 0, heldUsd]).toEqual([true, 0])
  })
})

describe('a governed handler', () => {
  // h3js/srvx#152: servers that abort the signal of every request when it was answered.
  it('has succeeded where the signal of its request is aborted after its answer', async () => {
    const { serve, ended } = watched(() => new Response('whole'))
    const leaving = new AbortController()
    const response = await serve(new Request('http://localhost/', { signal: leaving.signal }))
    await response.text()
    leaving.abort()
    expect((await ended).outcome).toEqual({ status: 'success' })
  })

  // openai/openai-node#2530
  it('does not run for a client that has left', async () => {
    const handler = vi.fn(() => new Response())
    const { serve, ended } = watched(handler)
    const response = await serve(new Request('http://localhost/', { signal: AbortSignal.abort() }))
    expect([response.status, handler.mock.calls]).toEqual([499, []])
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'client_disconnected' })
  })

  // oven-sh/bun#28636: servers whose requests have no signal of their own; the cancelled body is what tells.
  it('is aborted when its body is cancelled, without a signal', async () => {
    const { serve, ended } = watched(() => new Response(endless()))
    const response = await serve(new Request('http://localhost/'))
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    const { task, outcome } = await ended
    expect([outcome, task.signal.aborted]).toEqual([{ status: 'failure', reason: 'client_disconnected' }, true])
  })

  it.each([
    ['a context of Hono', { req: { raw: new Request('http://localhost/') } }, 'In Hono, pass `c.req.raw`'],
    ['an event of SvelteKit', { request: new Request('http://localhost/') }, 'Pass its `request`'],
    ['a request of Node', { url: '/', headers: {}, socket: {} }, 'use `llmops-middleware/express`'],
    ['nothing', undefined, '`request` is missing'],
  ])('refuses %s in place of a Request, and says what to pass', async (_what, passed, hint) => {
    const handlers = [watched(() => new Response('served')).serve, adminHandler({ token: 'secret' }), healthHandler()]
    for (const handle of handlers) await expect(handle(passed as never)).rejects.toThrow(hint)
  })

  it('gets whatever else its framework calls it with, and so do its options', async () => {
    type Context = { params: { tenant: string } }
    const tenant = (_request: Request, context: Context) => context.params.tenant
    const serve = governed({ ops: createLlmOps(), tenant }, async (_request, context: Context) =>
      Response.json([currentTask()?.tenant, context]),
    )
    const context = { params: { tenant: 'fabrikam' } }
    expect(await (await serve(new Request('http://localhost/'), context)).json()).toEqual(['fabrikam', context])
  })

  it.each([
    ["Next.js' redirect", Object.assign(new Error('NEXT_REDIRECT'), { digest: 'NEXT_REDIRECT;replace;/login;307;' })],
    ["Next.js' notFound", Object.assign(new Error('x'), { digest: 'NEXT_HTTP_ERROR_FALLBACK;404' })],
    ["Next.js' build", Object.assign(new Error('request.url'), { digest: 'DYNAMIC_SERVER_USAGE' })],
    ["Hono's HTTPException", new HTTPException(403, { message: 'Not yours.' })],
    ["SvelteKit's redirect", { status: 303, location: '/login' }],
    ["SvelteKit's error", { status: 404, body: { message: 'No such order.' } }],
  ])('passes on what is thrown for the framework, and has not failed: %s', async (_what, signal) => {
    const log = vi.fn()
    const throwIt = () => Promise.reject(signal)
    const { serve, ended } = watched(throwIt, { log })
    await expect(serve(new Request('http://localhost/'))).rejects.toBe(signal)
    expect((await ended).outcome).toEqual({ status: 'success' })
    const asked = watched(() => new Response('served'), { log, tenant: throwIt })
    await expect(asked.serve(new Request('http://localhost/'))).rejects.toBe(signal)
    expect(log).not.toHaveBeenCalled()
  })

  it('fails with a status of 500 or more that it throws for the framework', async () => {
    const { serve, ended } = watched(() => Promise.reject(new HTTPException(503)))
    await expect(serve(new Request('http://localhost/'))).rejects.toBeInstanceOf(HTTPException)
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'http_503' })
  })

  it('leaves an upgrade and a network error as they are', async () => {
    const { serve } = watched(() => Response.error())
    expect((await serve(new Request('http://localhost/'))).type).toBe('error')
  })

  it.each([[500], [503]])('fails with a status of 500 or more that it returns: %i', async (status) => {
    const { serve, ended } = watched(() => new Response(null, { status }))
    await serve(new Request('http://localhost/'))
    expect((await ended).outcome).toEqual({ status: 'failure', reason: `http_${status}` })
  })

  it('is ended when the budget refused a call and nothing came after that', async () => {
    const meetRefusal = () => {
      const begun = lifeOf(currentTask())!.begin()
      recordOf(currentTask())!.modelEnded({ class: 'caller', reason: 'budget_exceeded' })
      begun.end()
    }
    const silent = watched(
      () => {
        meetRefusal()
        return new Promise<never>(() => {})
      },
      { graceMs: 10 },
    )
    expect((await silent.serve(new Request('http://localhost/'))).status).toBe(402)
    const open = watched(
      () =>
        new Response(
          streamOf(async (write) => {
            write('half')
            meetRefusal()
            await new Promise(() => {})
          }),
        ),
      { graceMs: 10 },
    )
    const response = await open.serve(new Request('http://localhost/'))
    await expect(response.text()).rejects.toMatchObject({ code: 'budget_exceeded' })
    expect([(await silent.ended).outcome, (await open.ended).outcome]).toEqual([
      { status: 'failure', reason: 'budget_exceeded' },
      { status: 'failure', reason: 'budget_exceeded' },
    ])
  })
})

describe('the handlers that operate a service', () => {
  const ops = createLlmOps({ budget: { limitUsd: 1 } })
  const admin = adminHandler({ ops, token: 'secret' })
  const ask = (method: string, path: string, body?: string, token = 'secret') =>
    admin(
      new Request(`http://localhost/api/admin${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body }),
      }),
    )

  it('show and change what there is to administer, below any path', async () => {
    expect(await (await ask('PUT', '/budget/admin/user/a%2Fb', '{"limitUsd":null}')).json()).toMatchObject({
      code: 'invalid_option',
    })
    expect(await (await ask('PUT', '/budget/admin', '{"limitUsd":2}')).json()).toMatchObject({
      tenant: 'admin',
      limitUsd: 2,
    })
    expect(await (await ask('GET', '/budget/admin?x')).json()).toMatchObject({ limitUsd: 2 })
    expect(await (await ask('POST', '/chaos', '{"mode":"outage","ttlMs":1000}')).json()).toMatchObject({
      mode: 'outage',
    })
    expect(await (await ask('DELETE', '/chaos')).json()).toMatchObject({ mode: 'off' })
  })

  it.each([
    ['GET', '/chaos', undefined, 'wrong', 401, 'unauthorized'],
    ['GET', '/quake', undefined, 'secret', 404, 'not_found'],
    ['PATCH', '/chaos', undefined, 'secret', 404, 'not_found'],
    ['GET', '/budget/%E0%A4%A', undefined, 'secret', 400, 'invalid_request'],
    ['POST', '/chaos', '{"mode":', 'secret', 400, 'invalid_request'],
    ['POST', '/chaos', `"${'x'.repeat(17_000)}"`, 'secret', 413, 'body_too_large'],
    ['POST', '/chaos', '{"mode":"quake"}', 'secret', 400, 'invalid_option'],
  ])('refuse %s %s %.20s', async (method, path, body, token, status, code) => {
    const response = await ask(method, path, body, token)
    expect([response.status, await response.json()]).toMatchObject([status, { code }])
  })

  it('are not there without a token', async () => {
    expect((await adminHandler({ ops, token: '' })(new Request('http://localhost/admin/chaos'))).status).toBe(404)
  })

  it('report the health', async () => {
    const health = healthHandler({ info: () => ({ release: 'v1' }), ready: async () => false })
    expect(await (await health(new Request('http://localhost/api/health'))).json()).toEqual({
      status: 'ok',
      release: 'v1',
    })
    expect((await health(new Request('http://localhost/api/health/ready'))).status).toBe(503)
  })
})

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** What a function writes until it returns. */
function streamOf(run: (write: (text: string) => void) => Promise<void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      const write = (text: string) => controller.enqueue(new TextEncoder().encode(text))
      run(write).then(
        () => controller.close(),
        (error) => controller.error(error),
      )
    },
  })
}

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await turn()
      controller.enqueue(new TextEncoder().encode('more '))
    },
  })
}
