import { AsyncResource } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  createLlmOps,
  currentTask,
  type LlmOps,
  type LlmOpsOptions,
  type Task,
  TaskEndedError,
} from '../../src/index.ts'
import { createSli } from '../../src/sli/index.ts'
import { startProvider } from '../support/provider.ts'
import { RecordedTelemetry } from '../support/recorded-telemetry.ts'
import { withSilence } from '../support/with-silence.ts'

const answer = {
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2 },
}

async function start(options: Partial<LlmOpsOptions> = {}) {
  const provider = await startProvider((response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
  )
  const telemetry = new RecordedTelemetry()
  const ops = createLlmOps({
    budget: { limitUsd: 1 },
    sli: createSli({ meter: telemetry.meter }),
    ...options,
  }) as LlmOps
  onTestFinished(() => ops.close({ timeoutMs: 0 }))
  const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', fetch: ops.fetch })
  const ask = () =>
    openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] })
  const spentUsd = async (tenant: string) => (await ops.budget.read(tenant)).spentUsd
  return { ...provider, ops, ask, spentUsd, telemetry }
}

/** A queue whose worker works on in the context that it was made in. */
class Queue {
  readonly #context = new AsyncResource('worker')

  run<T>(job: () => T): T {
    return this.#context.runInAsyncScope(job)
  }
}

describe('the worker of a queue that was made lazily in a request', () => {
  it('runs the task of each job for its own tenant, and in its own figures', async () => {
    const { ops, ask, spentUsd } = await start()
    const { queue, request } = await ops.task({ tenant: 'first', scopes: {} }, (request) => ({
      queue: new Queue(),
      request,
    }))
    const job = await queue.run(() =>
      ops.task({ tenant: 'second', deadlineMs: 60_000 }, async (task) => {
        await ask()
        return task
      }),
    )
    expect(job.totals).toMatchObject({ modelCalls: 1, lateCalls: 0 })
    expect(request.totals).toMatchObject({ modelCalls: 0, lateCalls: 0 })
    expect([await spentUsd('first'), await spentUsd('second')]).toEqual([0, expect.any(Number)])
    expect(await spentUsd('second')).toBeGreaterThan(0)
  })

  it('inherits nothing of the request: who pays must be said, or is the default', async () => {
    const { ops } = await start()
    const queue = await ops.task({ tenant: 'first' }, () => new Queue())
    await expect(queue.run(() => ops.task({}, () => {}))).rejects.toThrow(/tenant/)
    const withDefault = await start({ defaultTenant: 'everyone' })
    const other = await withDefault.ops.task({ tenant: 'first' }, () => new Queue())
    expect(await other.run(() => withDefault.ops.task({}, (task) => task.tenant))).toBe('everyone')
  })

  it('goes on after a request that was aborted, too', async () => {
    const { ops, ask } = await start()
    const leave = new AbortController()
    let queue: Queue | undefined
    const request = ops.task({ tenant: 'first', signal: leave.signal }, async () => {
      queue = new Queue()
      leave.abort(new Error('gone'))
      throw leave.signal.reason
    })
    await expect(request).rejects.toThrow('gone')
    await turn()
    const outcome = await queue!.run(() =>
      ops.task({ tenant: 'second' }, async (task) => {
        await ask()
        return task
      }),
    )
    expect(outcome.totals.modelCalls).toBe(1)
  })

  it('is nested in the request while that still runs', async () => {
    const { ops, ask } = await start()
    await ops.task({ tenant: 'first' }, async (request) => {
      const queue = new Queue()
      await queue.run(() => ops.task({}, ask))
      expect(request.totals.modelCalls).toBe(1)
    })
  })

  it('is nested in the task around the one that made it, where only that has ended', async () => {
    const { ops, ask } = await start()
    await ops.task({ tenant: 'first' }, async (outer) => {
      const queue = await ops.task({}, () => new Queue())
      await queue.run(() => ops.task({}, ask))
      // In the context of the inner one itself, which has ended, it is in the figures of the outer one.
      await queue.run(ask)
      expect(outer.totals).toMatchObject({ modelCalls: 2, lateCalls: 0 })
    })
  })

  it('keeps the outer task open, and gets its abort', async () => {
    const { ops, ask, url, requests } = await start()
    const leave = new AbortController()
    const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] })
    const askAtOnce = () => ops.fetch(`${url}/v1/chat/completions`, { method: 'POST', body })
    let running: Promise<unknown> | undefined
    let queue: Queue | undefined
    const outer = await ops.task({ tenant: 'first', signal: leave.signal }, async (outer) => {
      queue = await ops.task({}, () => new Queue())
      running = queue.run(askAtOnce)
      return outer
    })
    expect(outer.outcome).toBeUndefined()
    await running
    expect(outer).toMatchObject({ outcome: { status: 'success' }, totals: { modelCalls: 1, lateCalls: 0 } })
    leave.abort()
    await expect(queue!.run(ask)).rejects.toMatchObject({ code: 'task_ended' })
    expect(requests).toHaveLength(1)
  })
})

describe('a model call after its task', () => {
  it('is charged to the same tenant and counted as late, not in the reported cost of the task', async () => {
    const { ops, ask, spentUsd, telemetry } = await start()
    const context = await ops.task({ tenant: 'contoso', deadlineMs: 60_000 }, async () => {
      await ask()
      return new Queue()
    })
    const task = context.run(currentTask)!
    expect(task.outcome).toEqual({ status: 'success' })
    const before = await spentUsd('contoso')
    await context.run(ask)
    expect(task.totals).toMatchObject({ modelCalls: 2, lateCalls: 1 })
    expect(await spentUsd('contoso')).toBeCloseTo(2 * before, 12)
    expect(await telemetry.points('agent.task.late_calls')).toEqual([{ attributes: { tenant: 'contoso' }, value: 1 }])
    expect(await telemetry.points('agent.task.cost')).toMatchObject([{ value: { sum: before, count: 1 } }])
  })

  it('is refused once its deadline has passed, though its timer was cleared', async () => {
    const { ops, ask, requests } = await start()
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const context = await ops.task({ tenant: 'contoso', deadlineMs: 30 }, () => new Queue())
    const task = context.run(currentTask)!
    expect(task.outcome).toEqual({ status: 'success' })
    vi.advanceTimersByTime(30)
    expect(task.remainingMs()).toBe(0)
    await expect(context.run(ask)).rejects.toMatchObject({ status: 400, code: 'task_ended' })
    expect(requests).toHaveLength(0)
    // What was told of it stays told.
    expect(task.outcome).toEqual({ status: 'success' })
  })

  it('is refused once the signal of its caller was aborted', async () => {
    const { ops, ask, requests } = await start()
    const leave = new AbortController()
    const context = await ops.task({ tenant: 'contoso', signal: leave.signal }, () => new Queue())
    leave.abort()
    await expect(context.run(ask)).rejects.toMatchObject({ code: 'task_ended' })
    expect(requests).toHaveLength(0)
  })

  it('leaves no listener on the signal of a caller', async () => {
    const { ops, ask } = await start()
    const leave = new AbortController()
    const context = await ops.task({ tenant: 'contoso', signal: leave.signal }, () => new Queue())
    await context.run(ask)
    expect(getEventListeners(leave.signal, 'abort')).toHaveLength(0)
  })
})

describe('the function of a task that was aborted', () => {
  const startTool = (ops: LlmOps, ran: string[]) =>
    ops.tool({
      name: 'pay',
      description: 'Pays',
      parameters: { type: 'object' },
      run: () => {
        ran.push('pay')
        return 'paid'
      },
    })

  it('can call neither a model nor a tool nor start a task, and what it throws is ignored', async () => {
    const { ops, ask, requests } = await start()
    const ran: string[] = []
    const pay = startTool(ops, ran)
    const met: unknown[] = []
    const over = Promise.withResolvers<void>()
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', onUnhandled)
    onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
    const leave = new AbortController()
    let task: Task | undefined
    const left = ops.task({ tenant: 'contoso', signal: leave.signal }, async (own) => {
      task = own
      leave.abort(new Error('gone'))
      await turn()
      await turn()
      met.push(await ask().catch((error: unknown) => error))
      met.push(await pay.call({}).catch((error: unknown) => error))
      met.push(await ops.task({ tenant: 'other' }, () => 'ran').catch((error: unknown) => error))
      over.resolve()
      throw new Error('late')
    })
    await expect(left).rejects.toThrow('gone')
    expect(task!.outcome).toEqual({ status: 'failure', reason: 'aborted' })
    await over.promise
    await turn()
    expect(met).toMatchObject([{ status: 400, code: 'task_ended' }, { code: 'task_ended' }, { code: 'task_ended' }])
    expect(met[1]).toBeInstanceOf(TaskEndedError)
    expect(met[1]).toMatchObject({ taskId: task!.id, cause: { message: 'gone' } })
    expect([requests.length, ran, unhandled]).toEqual([0, [], []])
  })

  it('has its own error, where it rejects by itself', async () => {
    const { ops } = await start()
    const leave = new AbortController()
    class RequestAborted extends Error {}
    const left = ops.task({ tenant: 'contoso', signal: leave.signal }, async (task) => {
      const aborted = new Promise((_, reject) => {
        task.signal.addEventListener('abort', () => reject(new RequestAborted()))
      })
      leave.abort()
      await aborted
    })
    await expect(left).rejects.toBeInstanceOf(RequestAborted)
  })

  it('may still say what it has, where that is at once', async () => {
    const { ops } = await start()
    const leave = new AbortController()
    const part = ops.task({ tenant: 'contoso', signal: leave.signal }, async () => {
      leave.abort()
      return 'what there was'
    })
    expect(await part).toBe('what there was')
  })

  it('names at the deadline the effects that were under way, and nothing that had ended or only reads', async () => {
    const { ops } = await start()
    const make = (name: string, effect: 'effect' | 'idempotent' | 'read', run: () => unknown) =>
      ops.tool({ name, description: name, parameters: { type: 'object' }, effect, run })
    const begun: unknown[] = []
    const never = () => new Promise((resolve) => begun.push(resolve))
    const done = make('done', 'effect', () => 'done')
    const hanging = [make('pay', 'effect', never), make('book', 'idempotent', never), make('look', 'read', never)]
    await done.call({})
    const working = async () => {
      await done.call({}, { key: 'order-0' })
      await ops.task({}, () => Promise.allSettled(hanging.map((tool) => tool.call({}, { key: `order-${tool.name}` }))))
    }
    const late = withSilence(
      () => ops.task({ tenant: 'contoso', deadlineMs: 300 }, working),
      () => expect.poll(() => begun.length).toBe(hanging.length),
      300,
    )
    await expect(late).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: expect.stringContaining('pay, book'),
      unknown: [
        { tool: 'pay', idempotencyKey: 'order-pay' },
        { tool: 'book', idempotencyKey: 'order-book' },
      ],
    })
  })

  it('that blocks the process past its deadline has passed it', async () => {
    const { ops } = await start()
    const late = ops.task({ tenant: 'contoso', deadlineMs: 5 }, (task) => {
      while (task.remainingMs() > 0);
      return 'late'
    })
    await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' })
  })
})
