import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { serve } from '../../test/support/serve.ts'
import {
  createTaskRunner,
  currentTask,
  lifeOf,
  recordOf,
  type Task,
  type TaskOutcome,
  type TaskRunner,
} from '../task.ts'
import { problemHandler } from './problem-handler.ts'
import { type TaskMiddlewareOptions, taskMiddleware } from './task-middleware.ts'
import { tenantFromHeader } from './tenant-from-header.ts'

/** One route behind the middleware, and the task that it ran in once that has ended. */
async function setUp(
  handler: RequestHandler,
  options: Partial<TaskMiddlewareOptions> = {},
  defaultTenant?: string,
  before: readonly RequestHandler[] = [],
) {
  const ended = Promise.withResolvers<{ task: Task; outcome: TaskOutcome | undefined }>()
  const runner = createTaskRunner({
    defaultTenant,
    observe: async (task, run) => {
      try {
        return await run()
      } finally {
        ended.resolve({ task, outcome: task.outcome })
      }
    },
  })
  const ops: { task: TaskRunner } = { task: runner }
  const url = await serve((app) => {
    app.use(taskMiddleware({ ops, tenant: () => 'contoso', ...options }))
    app.all('/', ...before, handler)
    app.use(problemHandler({ log: () => {} }))
  })
  return { url, ended: ended.promise }
}

it('a request that nobody pays for is a 401 without `problemHandler` too', async () => {
  const url = await serve((app) => {
    app.set('env', 'test')
    app.get('/', taskMiddleware({ ops: { task: createTaskRunner() }, tenant: () => undefined }), () => {})
  })
  expect((await fetch(url)).status).toBe(401)
})

describe('the task of a request', () => {
  it('is the one that handlers run in, and its id is in the answer', async () => {
    const { url, ended } = await setUp(async (_request, response) => {
      await Promise.resolve()
      response.json({ tenant: currentTask()?.tenant, id: currentTask()?.id })
    })
    const response = await fetch(url)
    const { task, outcome } = await ended
    expect(await response.json()).toEqual({ tenant: 'contoso', id: task.id })
    expect(response.headers.get('x-task-id')).toBe(task.id)
    expect(outcome).toEqual({ status: 'success' })
  })

  it('is the inner of two for listeners to the body of the request', async () => {
    const inner = taskMiddleware({ ops: { task: createTaskRunner() }, tenant: () => 'fabrikam' })
    const { url } = await setUp(
      (request, response) => {
        request.on('data', () => {})
        request.on('end', () => response.json(currentTask()?.tenant))
      },
      {},
      undefined,
      [inner],
    )
    expect(await (await fetch(url, { method: 'POST', body: 'a file' })).json()).toBe('fabrikam')
  })

  // expressjs/multer#814, expressjs/multer#1111: contexts were lost behind a body that was read by its events.
  it('is the one that listeners to the body of the request run in, and handlers behind them', async () => {
    let inListener: string | undefined
    const readBody: RequestHandler = (request, _, next) => {
      request.on('data', () => {
        inListener = currentTask()?.id
      })
      request.on('end', next)
    }
    const answerTask: RequestHandler = (_, response) => void response.json({ id: currentTask()?.id })
    const { url, ended } = await setUp(answerTask, {}, undefined, [readBody])
    const response = await fetch(url, { method: 'POST', body: 'a file' })
    const { task } = await ended
    expect([await response.json(), inListener]).toEqual([{ id: task.id }, task.id])
  })

  it.each([
    ['?thread=thread-7', 'thread-7'],
    ['', undefined],
    ['?thread=', undefined],
  ])('belongs to the conversation that is read from the request: %s', async (query, conversationId) => {
    const { url, ended } = await setUp((_request, response) => void response.end(), {
      conversationId: (request) => request.query['thread'] as string | undefined,
    })
    await fetch(`${url}${query}`)
    expect((await ended).task.conversationId).toBe(conversationId)
  })

  it('lasts as long as the answer is written', async () => {
    const { url, ended } = await setUp((_request, response) => {
      response.write('first ')
      setImmediate(() => {
        response.locals['outcomeWhileWriting'] = currentTask()?.outcome ?? 'running'
        response.end(String(response.locals['outcomeWhileWriting']))
      })
    })
    expect(await (await fetch(url)).text()).toBe('first running')
    expect((await ended).outcome).toEqual({ status: 'success' })
  })

  it('keeps what the handler said of it', async () => {
    const { url, ended } = await setUp((_request, response) => {
      currentTask()?.fail('no_answer')
      response.json({})
    })
    expect((await fetch(url)).status).toBe(200)
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'no_answer' })
  })

  it('fails with a status of 500 or more', async () => {
    const { url, ended } = await setUp((_request, response) => void response.status(503).end())
    await fetch(url)
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'http_503' })
  })

  it('does not fail with a status below', async () => {
    const { url, ended } = await setUp((_request, response) => void response.status(404).end())
    await fetch(url)
    expect((await ended).outcome).toEqual({ status: 'success' })
  })

  it('fails with the code of the error that ended it', async () => {
    const error = Object.assign(new Error('spent'), { code: 'budget_exceeded', resetsAt: '2026-12-01T00:00:00Z' })
    const { url, ended } = await setUp(() => {
      throw error
    })
    const response = await fetch(url)
    expect(response.status).toBe(402)
    const { task, outcome } = await ended
    expect(await response.json()).toMatchObject({ code: 'budget_exceeded', taskId: task.id })
    expect(outcome).toEqual({ status: 'failure', reason: 'budget_exceeded' })
  })
})

describe('who pays', () => {
  const echo: RequestHandler = (_request, response) => void response.json(currentTask()?.tenant)

  it('is never taken from a header by default', async () => {
    const { url } = await setUp(echo)
    expect(await (await fetch(url, { headers: { 'x-tenant': 'fabrikam' } })).json()).toBe('contoso')
  })

  it('is taken from a header if the option says so', async () => {
    const { url } = await setUp(echo, { tenant: tenantFromHeader('x-tenant') })
    expect(await (await fetch(url, { headers: { 'x-tenant': 'fabrikam' } })).json()).toBe('fabrikam')
  })

  it('is the default tenant when no tenant is named', async () => {
    const { url } = await setUp(echo, { tenant: () => undefined }, 'everyone')
    expect(await (await fetch(url)).json()).toBe('everyone')
  })

  it('must be known: else 401, and no handler runs', async () => {
    let hasRun = false
    const { url } = await setUp(
      (_request, response) => {
        hasRun = true
        response.end()
      },
      { tenant: tenantFromHeader('x-tenant') },
    )
    const answers = [await fetch(url), await fetch(url, { headers: { 'x-tenant': 'x'.repeat(300) } })]
    for (const answer of answers) {
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ code: 'unknown_tenant' })
    }
    expect(hasRun).toBe(false)
  })

  it('is asked of a function', async () => {
    expect(() => taskMiddleware({ ops: { task: createTaskRunner() }, tenant: 'contoso' as never })).toThrow(
      '`tenant` must be a function of the request',
    )
    expect(() => tenantFromHeader('x tenant')).toThrow(
      "`name` must be the name of a header, such as x-tenant, got 'x tenant'",
    )
  })
})

it('a client that leaves aborts the task', async () => {
  const begun = Promise.withResolvers<AbortSignal>()
  const { url, ended } = await setUp(() => begun.resolve(currentTask()!.signal))
  const client = request(url).end()
  client.on('error', () => {})
  const signal = await begun.promise
  const aborted = once(signal, 'abort')
  client.destroy()
  await aborted
  expect(signal.reason).toMatchObject({ code: 'client_disconnected' })
  expect((await ended).outcome).toEqual({ status: 'failure', reason: 'client_disconnected' })
})

it('a handler that fails during its response is a failure, not a caller who left', async () => {
  const { url, ended } = await setUp((_request, response) => {
    response.write('half an ans')
    throw Object.assign(new Error('broke'), { code: 'stream_broken' })
  })
  await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
  expect((await ended).outcome).toEqual({ status: 'failure', reason: 'stream_broken' })
})

it('a client that leaves after the deadline left because of it', async () => {
  const begun = Promise.withResolvers<Task>()
  const { url, ended } = await setUp(
    (_request, response) => {
      response.write('a first word')
      begun.resolve(currentTask()!)
    },
    { deadlineMs: 20 },
  )
  const client = request(url).end()
  client.on('error', () => {})
  const { signal } = await begun.promise
  if (!signal.aborted) await once(signal, 'abort')
  client.destroy()
  expect((await ended).outcome).toEqual({ status: 'failure', reason: 'deadline_exceeded' })
})

describe('a deadline', () => {
  it.each<[string, Partial<TaskMiddlewareOptions>]>([
    ['who pays', { tenant: () => new Promise(() => {}) }],
    ['who else pays', { scopes: () => new Promise(() => {}) }],
  ])('that passes before it is known %s is answered with 504, and no handler runs', async (_what, options) => {
    let hasRun = false
    const run: RequestHandler = (_request, response) => {
      hasRun = true
      response.end()
    }
    const ops = { task: createTaskRunner() }
    // Without an error handler, which no deadline needs.
    const url = await serve((app) =>
      app.get('/', taskMiddleware({ ops, tenant: () => 'contoso', deadlineMs: 5, ...options }), run),
    )
    const response = await fetch(url)
    expect([response.status, await response.json()]).toMatchObject([504, { code: 'deadline_exceeded' }])
    expect(hasRun).toBe(false)
  })

  it('leaves to the task what the lookup of who pays did not take', async () => {
    const echo: RequestHandler = (_request, response) => void response.json(currentTask()!.remainingMs())
    const tenant = () => delay(20, 'contoso')
    const { url } = await setUp(echo, { tenant, deadlineMs: 60_000 })
    // A timer of Node may fire a millisecond early.
    expect(await (await fetch(url)).json()).toBeLessThanOrEqual(60_000 - 18)
  })

  it('that has not passed leaves a lookup that fails its own error', async () => {
    const tenant = () => Promise.reject(Object.assign(new Error('No such key.'), { status: 403, expose: true }))
    const { url } = await setUp(() => {}, { tenant, deadlineMs: 60_000 })
    expect((await fetch(url)).status).toBe(403)
  })

  it('that passes is answered with 504, even when the handler does not hear of it', async () => {
    const { url, ended } = await setUp(() => {}, { deadlineMs: 1 })
    const response = await fetch(url)
    expect(response.status).toBe(504)
    const { task, outcome } = await ended
    expect(await response.json()).toMatchObject({ code: 'deadline_exceeded', taskId: task.id })
    expect(outcome).toEqual({ status: 'failure', reason: 'deadline_exceeded' })
  })

  it('that passes is what the answer says, whatever an SDK made of the abort', async () => {
    const { url } = await setUp(
      async (_request, _response, next) => {
        await once(currentTask()!.signal, 'abort')
        next(new Error('Request was aborted.'))
      },
      { deadlineMs: 1 },
    )
    const response = await fetch(url)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([504, 'deadline_exceeded'])
  })

  it('that passes is left to a handler that listens to the signal', async () => {
    const { url } = await setUp(
      async (_request, response) => {
        await once(currentTask()!.signal, 'abort')
        response.status(200).json({ partial: true })
      },
      { deadlineMs: 1 },
    )
    expect(await (await fetch(url)).json()).toEqual({ partial: true })
  })
})

describe('a response that its handler leaves open', () => {
  const spent: RequestHandler = (_request, response) => {
    response.locals['said'] = 'nothing'
  }
  const refusal = { class: 'caller', reason: 'budget_exceeded' } as const
  /** What the middle of the library writes down of a call that the budget refused. */
  const meetRefusal = () => {
    const begun = lifeOf(currentTask())!.begin()
    recordOf(currentTask())!.modelEnded(refusal)
    begun.end()
  }

  it('after its first byte is cut a grace period after the deadline, and its task is counted', async () => {
    const { url, ended } = await setUp((_request, response) => void response.write('half an ans'), {
      deadlineMs: 20,
      graceMs: 20,
    })
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'deadline_exceeded' })
  })

  it('is left to a handler that ends it within the grace period', async () => {
    const { url } = await setUp(
      async (_request, response) => {
        response.write('half and ')
        await once(currentTask()!.signal, 'abort')
        setTimeout(() => response.end('half'), 5)
      },
      { deadlineMs: 5, graceMs: 60_000 },
    )
    expect(await (await fetch(url)).text()).toBe('half and half')
  })

  it('after a refusal is answered with it a grace period later', async () => {
    const { url, ended } = await setUp(
      (...handled) => {
        meetRefusal()
        spent(...handled)
      },
      { graceMs: 20 },
    )
    const response = await fetch(url)
    expect(response.status).toBe(402)
    expect(await response.json()).toMatchObject({ code: 'budget_exceeded' })
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'budget_exceeded' })
  })

  it('after a refusal behind its first byte is cut', async () => {
    const { url, ended } = await setUp(
      (_request, response) => {
        response.write('half an ans')
        meetRefusal()
      },
      { graceMs: 20 },
    )
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow()
    expect((await ended).outcome).toEqual({ status: 'failure', reason: 'budget_exceeded' })
  })

  it('after a refusal is left alone while something of its task is open, or is written', async () => {
    const { url } = await setUp(
      async (_request, response) => {
        const other = lifeOf(currentTask())!.begin()
        meetRefusal()
        vi.advanceTimersByTime(150)
        other.end()
        for (let part = 0; part < 5; part++) {
          response.write(`${part} `)
          vi.advanceTimersByTime(99)
        }
        response.end('whole')
      },
      { graceMs: 100 },
    )
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    expect(await (await fetch(url)).text()).toBe('0 1 2 3 4 whole')
  })

  it('after a refusal is left alone once a call was answered', async () => {
    const { url } = await setUp(
      async (_request, response) => {
        meetRefusal()
        const begun = lifeOf(currentTask())!.begin()
        recordOf(currentTask())!.modelEnded(undefined)
        begun.end()
        vi.advanceTimersByTime(50)
        response.json('answered')
      },
      { graceMs: 10 },
    )
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    expect(await (await fetch(url)).json()).toBe('answered')
  })
})

describe('what an application knows of a request', () => {
  it('may come later: the tenant, who pays beside it, and the id', async () => {
    const { url, ended } = await setUp((_request, response) => void response.json(currentTask()?.scopes), {
      tenant: async () => Promise.resolve('fabrikam'),
      scopes: async (request) => ({ user: request.get('x-user') ?? 'nobody' }),
      id: (request) => request.get('x-request-id'),
    })
    const response = await fetch(url, { headers: { 'x-user': 'ada', 'x-request-id': 'req-7' } })
    expect([await response.json(), response.headers.get('x-task-id')]).toEqual([{ user: 'ada' }, 'req-7'])
    const { task } = await ended
    expect([task.tenant, task.id, task.scopes]).toEqual(['fabrikam', 'req-7', { user: 'ada' }])
  })

  it.each([['%22quoted%22 and spaced'], ['x'.repeat(129)], ['']])(
    'gives a task an id of its own where %j comes in its place',
    async (id) => {
      const { url, ended } = await setUp((_request, response) => void response.end(), { id: () => id })
      const response = await fetch(url)
      const { task } = await ended
      expect([response.status, response.headers.get('x-task-id')]).toEqual([200, task.id])
      expect(task.id).toMatch(/^[\da-f-]{36}$/)
    },
  )

  it('that cannot be found out is answered as any error is, and no handler runs', async () => {
    const { url } = await setUp((_request, response) => void response.end('served'), {
      tenant: () => Promise.reject(Object.assign(new Error('The token has expired.'), { status: 401, expose: true })),
    })
    const response = await fetch(url)
    expect([response.status, await response.json()]).toMatchObject([401, { detail: 'The token has expired.' }])
  })

  it.each([[undefined], [null], [''], [0], ['route'], ['router'], ['No session.']])(
    'that is refused with no error, but %j, is answered as one all the same, and no handler runs',
    async (thrown) => {
      const { url } = await setUp((_request, response) => void response.end('served'), {
        tenant: () => Promise.reject(thrown),
      })
      const response = await fetch(url)
      expect([response.status, await response.json()]).toMatchObject([500, { code: 'internal' }])
    },
  )

  it('is of no use to a client that left meanwhile: nothing runs', async () => {
    const asked = Promise.withResolvers<void>()
    const known = Promise.withResolvers<string>()
    const closed = Promise.withResolvers<void>()
    const served: string[] = []
    const { url, ended } = await setUp((request, response) => void response.end(served.push(request.url)), {
      tenant: (request) => {
        asked.resolve()
        request.socket.once('close', closed.resolve)
        return known.promise
      },
    })
    const client = request(url).end()
    client.on('error', () => {})
    await asked.promise
    client.destroy()
    await closed.promise
    known.resolve('contoso')
    expect([(await ended).outcome, served]).toEqual([{ status: 'failure', reason: 'client_disconnected' }, []])
  })
})
