import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createOpenAI } from '@ai-sdk/openai'
import { streamText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLlmOps, type LlmOps, type LlmOpsOptions, type Task } from '../../src/index.ts'
import { eventsOf, startProvider } from '../support/provider.ts'
import { SDK_CALLS } from './sdk-calls.ts'

async function start(answer: (response: ServerResponse) => void, options: Partial<LlmOpsOptions> = {}) {
  const provider = await startProvider(answer)
  const ops = createLlmOps({ budget: { limitUsd: 1 }, ...options }) as LlmOps
  onTestFinished(() => ops.close({ timeoutMs: 0 }))
  return { ...provider, ops }
}

/** What tells an error to a program: not its message, which has ids, and not its stack. */
function shapeOf(error: unknown) {
  const { name, code, status, cause } = error as Error & { code?: unknown; status?: unknown }
  return { name, class: (error as object).constructor.name, code, status, cause: (cause as Error)?.name }
}

describe.each(SDK_CALLS)("the caller's own abort, with $name", ({ ask }) => {
  it('looks as it does without us, outside of a task and in one, and asks the provider once', async () => {
    const { url, requests, ops } = await start(() => {})
    const outcomes: unknown[] = []
    const waiting = (count: number) => expect.poll(() => requests.length).toBe(count)
    const runs = [
      (signal: AbortSignal) => ask({ url, fetch, signal }),
      (signal: AbortSignal) => ask({ url, fetch: ops.fetchAs({ tenant: 'contoso' }), signal }),
      (signal: AbortSignal) => ops.task({ tenant: 'contoso' }, () => ask({ url, fetch: ops.fetch, signal })),
      (signal: AbortSignal) => ops.task({ tenant: 'contoso', signal }, () => ask({ url, fetch: ops.fetch, signal })),
    ]
    for (const [index, run] of runs.entries()) {
      const controller = new AbortController()
      const asked = run(controller.signal).catch((error: unknown) => error)
      await waiting(index + 1)
      controller.abort()
      outcomes.push(await asked)
    }
    const [bare, ...governed] = outcomes.map((outcome) => (outcome instanceof Error ? shapeOf(outcome) : outcome))
    expect(governed).toEqual([bare, bare, bare])
    expect(requests).toHaveLength(runs.length)
    await ops.budget.drain()
    expect((await ops.budget.read('contoso')).heldUsd).toBe(0)
  })
})

describe('an abort of a task', () => {
  const text = { model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Hi' } }] }
  const messages = [{ role: 'user' as const, content: 'Hello' }]
  const request = { model: 'gpt-4o', messages, max_completion_tokens: 50, stream: true } as const

  it('ends a stream at the provider though it is not read at that moment', async () => {
    const closed = Promise.withResolvers<void>()
    const { url, ops } = await start((response) => {
      once(response, 'close').then(() => closed.resolve())
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventsOf(text))
    })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const leave = new AbortController()
    const left = ops.task({ tenant: 'contoso', signal: leave.signal }, async () => {
      const stream = (await openai.chat.completions.create(request))[Symbol.asyncIterator]()
      await stream.next()
      leave.abort(new Error('gone'))
      await new Promise(() => {})
    })
    await expect(left).rejects.toThrow('gone')
    await closed.promise
    await ops.budget.drain()
    expect((await ops.budget.read('contoso')).heldUsd).toBe(0)
  })

  it('is what the task rejects with, whatever its function makes of the calls that it ended', async () => {
    const { url, requests, ops } = await start(() => {})
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const model = createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch }).chat('gpt-4o')
    const ask = () => openai.chat.completions.create({ ...request, stream: false })
    const wait = ops.tool({
      name: 'wait',
      description: 'Waits.',
      parameters: { type: 'object' },
      run: (_, { signal }) => once(signal, 'abort').then(() => signal.throwIfAborted()),
    })
    const runs: readonly (() => Promise<unknown>)[] = [
      () => ask().catch(() => 'No answer.'),
      () => ask().catch(() => Promise.reject(new Error('No answer.'))),
      async () => await streamText({ model, prompt: 'Hello', onError() {} }).consumeStream(),
      () => Promise.all([ask().catch(() => 'No answer.'), wait.call({}).catch(() => 'No result.')]),
      () => ops.task({}, ask).catch(() => 'No answer.'),
    ]
    for (const [index, run] of runs.entries()) {
      const leave = new AbortController()
      let task: Task | undefined
      const left = ops.task({ tenant: 'contoso', signal: leave.signal }, (own) => {
        task = own
        return run()
      })
      await expect.poll(() => requests.length).toBe(index + 1)
      leave.abort(new Error('gone'))
      await expect(left).rejects.toThrow('gone')
      expect(task!.outcome).toEqual({ status: 'failure', reason: 'aborted' })
    }
  })

  it('leaves the answer to a function that ends its calls by the signal itself', async () => {
    const { url, requests, ops } = await start(() => {})
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const leave = new AbortController()
    const left = ops.task({ tenant: 'contoso', signal: leave.signal }, ({ signal }) =>
      openai.chat.completions.create(request, { signal }).catch(() => 'What there is so far.'),
    )
    await expect.poll(() => requests.length).toBe(1)
    leave.abort(new Error('gone'))
    expect(await left).toBe('What there is so far.')
  })

  it('by a timer ends the SDK at its first request, with the reason of the timer', async () => {
    const { url, requests, ops } = await start(() => {})
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    let task: Task | undefined
    const late = ops.task({ tenant: 'contoso', signal: AbortSignal.timeout(200) }, (own) => {
      task = own
      return openai.chat.completions.create(request)
    })
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(task!.outcome).toEqual({ status: 'failure', reason: 'timeout' })
    expect(requests.length).toBeLessThanOrEqual(1)
  })

  it('ends the pause before a retry at once', async () => {
    const target = (url: string) => ({ name: 'one', model: 'gpt-4o', baseUrl: `${url}/v1` })
    const provider = await startProvider((response) => {
      response.writeHead(503, { 'retry-after': '50', 'content-type': 'application/json' }).end('{"error":{}}')
    })
    const ops = createLlmOps({ budget: { limitUsd: 1 }, route: { targets: [target(provider.url)] } })
    onTestFinished(() => ops.close({ timeoutMs: 0 }))
    const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const leave = new AbortController()
    const left = ops.task({ tenant: 'contoso', signal: leave.signal }, () => openai.chat.completions.create(request))
    await expect.poll(() => provider.requests.length).toBe(1)
    leave.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    await ops.close()
    expect(provider.requests).toHaveLength(1)
  })

  it('ends the waiting for money that others hold at once', async () => {
    const { url, requests, ops } = await start(() => {}, { budget: { limitUsd: 0.001, waitForHoldsMs: 60_000 } })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const large = { ...request, max_completion_tokens: 80, stream: false } as const
    const first = new AbortController()
    const holding = ops.task({ tenant: 'contoso', signal: first.signal }, () => openai.chat.completions.create(large))
    await expect.poll(() => requests.length).toBe(1)
    const leave = new AbortController()
    const waiting = ops.task({ tenant: 'contoso', signal: leave.signal }, () => openai.chat.completions.create(large))
    await expect.poll(async () => (await ops.budget.read('contoso')).heldUsd).toBeGreaterThan(0)
    leave.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    expect(requests).toHaveLength(1)
    first.abort(new Error('gone too'))
    await expect(holding).rejects.toThrow('gone too')
  })
})
