import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventsOf, startProvider } from '../../test/support/provider.ts'
import { RecordedTelemetry } from '../../test/support/recorded-telemetry.ts'
import { createLlmOps, currentTask, type LlmOpsOptions, type Task } from '../index.ts'
import { createSli } from './index.ts'

const SECOND_MS = 1000
const asked = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] } satisfies ChatRequest
type ChatRequest = OpenAI.ChatCompletionCreateParamsNonStreaming

// The clock of the process: timers and sockets keep their own.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 1) }))
afterEach(() => void vi.useRealTimers())
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

function setUp(options: LlmOpsOptions = {}) {
  const telemetry = new RecordedTelemetry()
  const ops = createLlmOps({ sli: createSli({ meter: telemetry.meter }), defaultTenant: 'contoso', ...options })
  const client = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  /** What the task's failure was counted as, and the sample that the alert rules saw. */
  const ended = async (run: (task: Task) => unknown, signal?: AbortSignal) => {
    await ops.task({ ...(signal && { signal }) }, run).catch(() => {})
    const [failure] = await telemetry.points('agent.task.failure')
    const [sample] = await telemetry.points('agent.task.outcome')
    return { class: failure?.attributes['class'], sample: sample?.value }
  }
  return { ops, client, ended }
}

const AGENT = { class: 'agent', sample: { sum: 0, count: 1 } }
const PROVIDER = { class: 'provider', sample: undefined }
const CALLER = { class: 'caller', sample: undefined }

const answering = (status: number, error: object) =>
  startProvider((response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error })),
  )

describe('the failure of a task whose model fails', () => {
  it.each([
    [408, {}, PROVIDER],
    [429, { code: 'rate_limit_exceeded' }, PROVIDER],
    [429, { code: '429', message: 'slow down' }, PROVIDER],
    [500, {}, PROVIDER],
    [503, { code: 'server_is_overloaded' }, PROVIDER],
    [404, { code: 'DeploymentNotFound' }, AGENT],
    [401, { code: '401' }, AGENT],
    [403, {}, AGENT],
    [400, { code: 'unsupported_parameter' }, AGENT],
    [409, {}, AGENT],
    [400, { code: 'content_filter' }, CALLER],
    [400, { code: 'context_length_exceeded' }, CALLER],
  ])('with %i %o is that of %o', async (status, error, expected) => {
    const { url } = await answering(status, error)
    const { client, ended } = setUp()
    expect(await ended(() => client(url).chat.completions.create(asked))).toEqual(expected)
  })

  it('is the provider’s if no target can be reached, bare or routed', async () => {
    const bare = setUp()
    expect(await bare.ended(() => bare.client('http://127.0.0.1:1').chat.completions.create(asked))).toEqual(PROVIDER)
    const routed = setUp({ route: { targets: [{ name: 'a', model: 'gpt-4o', baseUrl: 'http://127.0.0.1:1/v1' }] } })
    const create = () => routed.client('http://127.0.0.1:1').chat.completions.create(asked)
    expect(await routed.ended(create)).toEqual(PROVIDER)
  })

  it('is the provider’s where its stream breaks', async () => {
    const { url } = await startProvider((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(eventsOf({ choices: [{ index: 0, delta: { content: 'It is' } }] }), () => response.destroy())
    })
    const { client, ended } = setUp()
    const read = async () => {
      for await (const _ of await client(url).chat.completions.create({ ...asked, stream: true }));
    }
    expect(await ended(read)).toEqual(PROVIDER)
  })

  it('is the agent’s where its own code fails at an answer that came', async () => {
    const { url } = await startProvider((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    )
    const { client, ended } = setUp()
    const read = async () => (await client(url).chat.completions.create(asked)).choices[0]!.message
    expect(await ended(read)).toEqual(AGENT)
  })

  it('is the agent’s where the code that handles the provider’s failure fails', async () => {
    const { url } = await answering(503, {})
    const { client, ended } = setUp()
    const create = () => client(url).chat.completions.create(asked)
    const handle = () => create().catch(() => JSON.parse('no JSON'))
    expect(await ended(handle)).toEqual(AGENT)
    const wrapping = setUp()
    const wrap = () =>
      wrapping
        .client(url)
        .chat.completions.create(asked)
        .catch((cause) => Promise.reject(new Error('No answer', { cause })))
    expect(await wrapping.ended(wrap)).toEqual(PROVIDER)
  })

  it('is the agent’s where another failed after the model had answered', async () => {
    const bodies = [503, 200]
    const { url } = await startProvider((response) => {
      response.writeHead(bodies.shift()!, { 'content-type': 'application/json' }).end('{"choices":[]}')
    })
    const { client, ended } = setUp()
    const create = () => client(url).chat.completions.create(asked)
    const run = async () => {
      await create().catch(create)
      throw Object.assign(new Error('The shop answered 503.'), { status: 503 })
    }
    expect(await ended(run)).toEqual(AGENT)
  })
})

describe('the failure of a task without money', () => {
  it('is the caller’s where the tenant’s period is spent, the agent’s where it is the run’s own budget', async () => {
    const { url, bodies } = await answering(500, {})
    const tenant = setUp({ budget: { limitUsd: 0.000001 } })
    expect(await tenant.ended(() => tenant.client(url).chat.completions.create(asked))).toEqual(CALLER)
    const run = setUp({ budget: { limitUsd: 50 } })
    const create = () => run.client(url).chat.completions.create(asked)
    const inner = () => run.ops.task({ budgetUsd: 0.000001 }, create)
    expect(await run.ended(inner)).toEqual(AGENT)
    expect(bodies).toEqual([])
  })
})

describe('a caller who leaves', () => {
  const leaveAfter = (ms: number, caller: AbortController) => {
    pass(ms)
    caller.abort()
    currentTask()!.signal.throwIfAborted()
  }

  it.each([
    ['before the latency objective', 30 * SECOND_MS, CALLER],
    ['after it, without having had a sign', 30 * SECOND_MS + 1, AGENT],
  ])('%s', async (_, ms, expected) => {
    const { ended } = setUp()
    const caller = new AbortController()
    expect(await ended(() => leaveAfter(ms, caller), caller.signal)).toEqual(expected)
  })

  it('is measured by the objective that was set', async () => {
    const { ended } = setUp({ latencyObjectiveMs: 2 * SECOND_MS })
    const caller = new AbortController()
    expect(await ended(() => leaveAfter(2 * SECOND_MS + 1, caller), caller.signal)).toEqual(AGENT)
  })

  it.each([
    ['in time is answerable for it, however long the answer was going to be', 20 * SECOND_MS, CALLER],
    ['too late was kept waiting', 40 * SECOND_MS, AGENT],
  ])('out of a stream that began %s', async (_, firstTokenMs, expected) => {
    const { url } = await startProvider((response) => {
      pass(firstTokenMs)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(eventsOf({ choices: [{ index: 0, delta: { content: 'It is' } }] }))
    })
    const { client, ended } = setUp()
    const caller = new AbortController()
    const read = async () => {
      for await (const _ of await client(url).chat.completions.create({ ...asked, stream: true })) {
        leaveAfter(600 * SECOND_MS, caller)
      }
    }
    expect(await ended(read, caller.signal)).toEqual(expected)
  })
})

it('an application that fails its task means itself, unless it says another', async () => {
  const own = setUp()
  expect(await own.ended((task) => task.fail('content_filter'))).toEqual(AGENT)
  const told = setUp()
  expect(await told.ended((task) => task.fail('too_rude', 'caller'))).toEqual(CALLER)
})
