import { once } from 'node:events'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { APICallError } from 'ai'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { withSilence } from '../../test/support/with-silence.ts'
import { createLlmOps } from '../llmops.ts'
import { createTaskRunner, currentTask, lifeOf, recordOf, type Task, type TaskOutcome } from '../task.ts'
import { adminRoutes, healthRoutes, problemHandler, type TaskPluginOptions, taskPlugin } from './index.ts'

async function listen(set: (app: FastifyInstance) => void): Promise<string> {
  const app = Fastify({ forceCloseConnections: true })
  app.setErrorHandler(problemHandler({ log: () => {} }))
  set(app)
  onTestFinished(() => app.close())
  return app.listen({ port: 0, host: '127.0.0.1' })
}

/** Routes behind the plugin, and the task of the one request once that has ended. */
async function setUp(set: (app: FastifyInstance) => void, options: Partial<TaskPluginOptions> = {}) {
  const ended = Promise.withResolvers<{ task: Task; outcome: TaskOutcome | undefined }>()
  const task = createTaskRunner({
    observe: async (task, run) => {
      lifeOf(task)!.whenClosed(() => ended.resolve({ task, outcome: task.outcome }))
      return run()
    },
  })
  const url = await listen((app) => {
    app.register(taskPlugin({ ops: { task }, tenant: () => 'contoso', ...options }))
    app.register(async (app) => set(app))
  })
  return { url, ended: ended.promise }
}

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

describe('the task of a request to Fastify', () => {
  // fastify/fastify#3570, fastify/fastify-request-context#12, nestjs/nest#8837: contexts were lost behind the body.
  it.each(['', '/after-a-hook'])('is the one that handlers of requests with bodies run in: /%s', async (path) => {
    const { url, ended } = await setUp((app) => {
      app.post('/', async (request) => ({ task: currentTask()?.id, got: request.body }))
      // fastify/help#571
      const preHandler = async () => void (await new Promise(setImmediate))
      app.post('/after-a-hook', { preHandler }, async (request) => ({ task: currentTask()?.id, got: request.body }))
    })
    const response = await post(`${url}${path}`, { q: 1 })
    const { task, outcome } = await ended
    expect([await response.json(), response.headers.get('x-task-id')]).toEqual([
      { task: task.id, got: { q: 1 } },
      task.id,
    ])
    expect(outcome).toEqual({ status: 'success' })
  })

  it('knows what hooks before it found out of the user, and who pays beside the tenant', async () => {
    const { url, ended } = await setUp((app) => void app.get('/', async () => 'hello'), {
      tenant: async (request) => request.headers['x-tenant'] as string,
      scopes: () => ({ user: 'ada' }),
      id: (request) => request.headers['x-request-id'] as string,
    })
    await fetch(url, { headers: { 'x-tenant': 'fabrikam', 'x-request-id': 'req-7' } })
    const { task } = await ended
    expect([task.tenant, task.scopes, task.id]).toEqual(['fabrikam', { user: 'ada' }, 'req-7'])
  })

  it('without a tenant is refused, and its handler does not run', async () => {
    const { url } = await setUp((app) => void app.get('/', async () => 'served'), { tenant: async () => undefined })
    const response = await fetch(url)
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'unknown_tenant' }])
    expect(response.headers.get('content-type')).toContain('application/problem+json')
  })

  it.each([[undefined], [null], [''], [0]])(
    'that is refused with no error, but %j, is answered as one all the same, and its handler does not run',
    async (thrown) => {
      const { url } = await setUp((app) => void app.get('/', async () => 'served'), {
        tenant: () => Promise.reject(thrown),
      })
      const response = await fetch(url)
      expect([response.status, await response.json()]).toMatchObject([500, { code: 'internal' }])
    },
  )

  it('fails with the error that its handler throws, which is answered as a problem', async () => {
    const { url, ended } = await setUp((app) => {
      app.get('/', async () => {
        throw Object.assign(new Error('Nothing is left.'), { code: 'budget_exceeded' })
      })
    })
    const response = await fetch(url)
    const { task, outcome } = await ended
    expect([response.status, await response.json()]).toMatchObject([402, { code: 'budget_exceeded', taskId: task.id }])
    expect(outcome).toEqual({ status: 'failure', reason: 'budget_exceeded' })
  })

  // fastify/fastify#634, fastify/fastify#1407
  it.each([
    ['a stream of Node', (pieces: AsyncIterable<string>) => Readable.from(pieces)],
    ['a standard stream', (pieces: AsyncIterable<string>) => toWeb(pieces)],
    ['a Response', (pieces: AsyncIterable<string>) => new Response(toWeb(pieces))],
  ])('fails when %s breaks behind its first byte, and the response is cut', async (_what, wrap) => {
    async function* breaking() {
      yield 'half an '
      await new Promise(setImmediate)
      throw Object.assign(new Error('It broke.'), { code: 'stream_broken' })
    }
    const { url, ended } = await setUp((app) => void app.get('/', (_request, reply) => reply.send(wrap(breaking()))))
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'stream_broken' })
  })

  // fastify/fastify#371, fastify/fastify#6208: no hook is told of a client that leaves.
  it.each([
    ['before its answer', () => new Promise<never>(() => {})],
    ['within a stream', async () => Readable.from(endless())],
  ])('is aborted by a client that leaves %s, whose own failure that is', async (_when, answer) => {
    const begun = Promise.withResolvers<Task>()
    const { url, ended } = await setUp((app) => {
      app.get('/', () => {
        begun.resolve(currentTask()!)
        return answer()
      })
    })
    const client = request(url, (response) => response.once('data', () => client.destroy()))
    client.on('error', () => {}).end()
    const { signal } = await begun.promise
    const aborted = once(signal, 'abort')
    if (_when === 'before its answer') client.destroy()
    await aborted
    const { task, outcome } = await ended
    expect(outcome).toEqual({ status: 'failure', reason: 'client_disconnected' })
    expect(recordOf(task)!.failureClass).toBe('caller')
  })

  it.each([
    ['answers nothing', () => new Promise<never>(() => {})],
    [
      'answers late',
      async () => {
        await once(currentTask()!.signal, 'abort')
        await new Promise(setImmediate)
        return 'late'
      },
    ],
  ])('whose deadline passes is answered with 504 when its handler %s', async (_what, handler) => {
    const { url, ended } = await setUp((app) => void app.get('/', handler), { deadlineMs: 5 })
    const response = await fetch(url)
    expect([response.status, await response.json()]).toMatchObject([504, { code: 'deadline_exceeded' }])
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'deadline_exceeded' })
  })

  it('whose deadline passes before it is known who pays is answered with 504, and no handler runs', async () => {
    let hasRun = false
    const run = async () => {
      hasRun = true
    }
    const options = { tenant: () => new Promise<never>(() => {}), deadlineMs: 5 }
    const { url } = await setUp((app) => void app.get('/', run), options)
    const response = await fetch(url)
    expect([response.status, await response.json()]).toMatchObject([504, { code: 'deadline_exceeded' }])
    expect(hasRun).toBe(false)
  })

  it('whose handler writes past Fastify is cut a grace period after its deadline', async () => {
    const options = { deadlineMs: 400, graceMs: 20 }
    const { url, ended } = await setUp((app) => {
      app.get('/', (_request, reply) => void reply.hijack().raw.write('half an ans'))
    }, options)
    const arrived = Promise.withResolvers<void>()
    const text = async () => {
      const response = await fetch(url)
      arrived.resolve()
      return response.text()
    }
    await expect(withSilence(text, () => arrived.promise, options.deadlineMs + options.graceMs)).rejects.toThrow()
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'deadline_exceeded' })
  })

  it.each<[string, (reply: FastifyReply) => unknown]>([
    ['answers through Fastify', (reply) => reply.send('ok')],
    ['writes past Fastify', (reply) => void reply.hijack().raw.writeHead(200, { 'x-own': '1' }).end('ok')],
    ['fails', () => Promise.reject(new Error('no order'))],
  ])('has its id in the response of a handler that %s', async (_what, answer) => {
    const { url, ended } = await setUp((app) => void app.get('/', async (_request, reply) => answer(reply)))
    const response = await fetch(url)
    expect(response.headers.get('x-task-id')).toBe((await ended).task.id)
  })

  it('is there for `inject` too', async () => {
    const { task } = createLlmOps()
    const app = Fastify().register(taskPlugin({ ops: { task }, tenant: () => 'contoso' }))
    app.get('/', async () => currentTask()?.tenant)
    expect((await app.inject('/')).body).toBe('contoso')
  })
})

describe('what is wrong with a request', () => {
  const schema = { body: { type: 'object', required: ['q'], properties: { q: { type: 'string' } } } }
  it.each([
    ['{"q":', { status: 400, code: 'invalid_request', detail: 'The body is not JSON.', field: 'body' }],
    ['{}', { status: 400, code: 'invalid_request', detail: "body must have required property 'q'" }],
    [
      JSON.stringify({ q: 'x'.repeat(99) }),
      { status: 413, code: 'body_too_large', detail: 'At most 50 bytes are accepted.' },
    ],
  ])('is said as problem details: %j', async (body, problem) => {
    const url = await listen((app) => void app.post('/', { schema, bodyLimit: 50 }, async () => 'served'))
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expect(await response.json()).toMatchObject(problem)
  })

  class Conflict extends Error {
    readonly statusCode = 409
  }
  it.each([
    ['an error', Object.assign(new Error('No such order.'), { statusCode: 404 }), 404],
    ['an error with a code of its own', Object.assign(new Error('Too fast.'), { statusCode: 429, code: 'SLOW' }), 429],
    ['an error of a class', new Conflict('Ordered twice.'), 409],
    [
      'what @fastify/rate-limit throws',
      { statusCode: 429, error: 'Too Many Requests', message: 'Wait a minute.' },
      429,
    ],
  ])(
    'is said by the status of %s, as Fastify says it, and is the failure of its caller',
    async (_what, thrown, status) => {
      const { url, ended } = await setUp((app) => void app.get('/', () => Promise.reject(thrown)))
      const response = await fetch(url)
      expect(await response.json()).toMatchObject({ status, code: 'invalid_request', detail: thrown.message })
      const { task, outcome } = await ended
      expect(outcome).toEqual({ status: 'failure', reason: 'invalid_request' })
      expect(recordOf(task)!.failureClass).toBe('caller')
    },
  )

  it('is not the status that a service of its own was answered with', async () => {
    const refused = new APICallError({
      message: 'hunter2',
      url: 'http://in.side',
      requestBodyValues: {},
      statusCode: 401,
    })
    const url = await listen((app) => void app.get('/', () => Promise.reject(refused)))
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([502, expect.not.stringContaining('hunter2')])
  })
})

it('a request without a tenant is a 401 without `problemHandler` too', async () => {
  const app = Fastify()
  app.register(taskPlugin({ ops: { task: createTaskRunner() }, tenant: () => undefined }))
  app.get('/', async () => 'hello')
  onTestFinished(() => app.close())
  expect((await app.inject('/')).statusCode).toBe(401)
})

describe('the routes that operate a service on Fastify', () => {
  const ops = createLlmOps({ budget: { limitUsd: 1 } })
  const admin = { authorization: 'Bearer secret', 'content-type': 'application/json' }
  const start = () =>
    listen((app) => {
      app.register(taskPlugin({ ops, tenant: () => undefined }))
      app.register(adminRoutes({ ops, token: 'secret' }))
      app.register(healthRoutes({ info: () => ({ release: 'v1' }), ready: async () => false }))
    })

  it('show and change the budgets and faults, for callers with the token', async () => {
    const url = await start()
    expect((await fetch(`${url}/admin/chaos`)).status).toBe(401)
    const body = JSON.stringify({ limitUsd: 2 })
    const changed = await fetch(`${url}/admin/budget/a%2Fb`, { method: 'PUT', headers: admin, body })
    expect(await changed.json()).toMatchObject({ tenant: 'a/b', limitUsd: 2 })
    const wrong = await fetch(`${url}/admin/chaos`, { method: 'POST', headers: admin, body: '{"mode":"quake"}' })
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { field: 'mode' }])
    expect((await fetch(`${url}/admin/quake`, { headers: admin })).status).toBe(404)
  })

  it('report its health, which is charged to no tenant', async () => {
    const url = await start()
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok', release: 'v1' })
    const ready = await fetch(`${url}/health/ready`)
    expect([ready.status, await ready.json()]).toMatchObject([503, { code: 'not_ready', release: 'v1' }])
  })
})

function toWeb(pieces: AsyncIterable<string>): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(pieces).map((piece) => Buffer.from(piece))) as ReadableStream<Uint8Array>
}

async function* endless() {
  for (;;) {
    yield 'more '
    await new Promise(setImmediate)
  }
}
