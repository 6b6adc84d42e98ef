import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { manualTimers } from '../../../test/support/manual-timers.ts'
import { eventsOf, startProvider } from '../../../test/support/provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { Budget } from '../../budget/budget.ts'
import { type Ledger, memoryLedger } from '../../budget/index.ts'
import { layerOf } from '../../budget/layer.ts'
import { createLlmOps, type LlmOpsOptions, StreamBrokenError } from '../../index.ts'
import { createRateCard } from '../../pricing/index.ts'
import { routeLayer } from '../../route/index.ts'
import { createGovernedFetch } from '../index.ts'

const text = { model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Hi' } }] }
const stop = { model: 'gpt-4o', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
const usage = { model: 'gpt-4o', choices: [], usage: { prompt_tokens: 10, completion_tokens: 2 } }
const BEGINNING = eventsOf(text)
const END = eventsOf(stop, usage, '[DONE]')
/** 10 and 2 tokens of gpt-4o. */
const COST_USD = 0.000045

const messages = [{ role: 'user' as const, content: 'Hello' }]
const asked = { model: 'gpt-4o', messages, max_completion_tokens: 50, stream: true } as const

/** Streams the beginning of an answer, and the rest when the test says so. */
async function startStream() {
  const answers: ServerResponse[] = []
  const closed: Promise<unknown>[] = []
  const provider = await startProvider((response) => {
    answers.push(response)
    closed.push(once(response, 'close'))
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(BEGINNING)
  })
  return { ...provider, answers, closed }
}

/** A budget whose limit on unread answers passes when the test says so. */
async function startByHand(transport: () => typeof fetch, isRouted = false) {
  const provider = await startStream()
  const target = { name: 'one', model: 'gpt-4o', baseUrl: `${provider.url}/v1` }
  const clock = { ms: 0 }
  const looks = manualTimers()
  const renewals = manualTimers()
  const renewed: number[] = []
  const books = memoryLedger()
  const ledger: Ledger = {
    ...books,
    renew(holds, leaseMs) {
      renewed.push(holds.length)
      return books.renew(holds, leaseMs)
    },
  }
  const budget = new Budget({ limitUsd: 1, leaseMs: 1000, ledger }, renewals)
  const { fetch, drain } = createGovernedFetch({
    layers: [...(isRouted ? [routeLayer({ targets: [target] })] : []), layerOf(budget)],
    rateCard: createRateCard(),
    defaultTenant: 'contoso',
    fetch: transport(),
    unreadMs: 60_000,
    now: () => clock.ms,
    repeat: looks.repeat,
  })
  const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', maxRetries: 0, fetch })
  return {
    ...provider,
    budget,
    drain,
    ask: () => openai.chat.completions.create(asked).asResponse(),
    /** Goes on to this time, and looks. */
    async at(ms: number) {
      clock.ms = ms
      await looks.tick()
    },
    /** How many holds the process renews now. */
    async renewedNow() {
      renewed.length = 0
      await renewals.tick()
      return renewed[0] ?? 0
    },
    held: async () => (await budget.read('contoso')).heldUsd,
  }
}

describe.each(TRANSPORTS)('a streamed answer that is never read, over %s', (_, transport) => {
  it('is ended after its limit, at the provider too, and holds and renews nothing from then on', async () => {
    const { ask, at, closed, held, renewedNow, budget, drain } = await startByHand(transport)
    await ask()
    await at(59_999)
    expect(await held()).toBeGreaterThan(0)
    expect(await renewedNow()).toBe(1)
    const holdUsd = await held()
    await at(60_000)
    await closed[0]
    await drain()
    // Nobody can know what the provider generated meanwhile.
    expect(await budget.read('contoso')).toMatchObject({ heldUsd: 0, spentUsd: holdUsd })
    expect(await renewedNow()).toBe(0)
  })

  it.each([
    ['copied', (response: Response) => [response, response.clone()]],
    ['copied twice', (response: Response) => [response, response.clone().clone()]],
    ['split', (response: Response) => response.body!.tee()],
  ])('is ended as well once it was %s, and no copy is read', async (_, copy) => {
    const { ask, at, closed, held } = await startByHand(transport)
    const copies = copy(await ask())
    await at(59_999)
    expect(await held()).toBeGreaterThan(0)
    await at(60_000)
    expect(await held()).toBe(0)
    await closed[0]
    await expect(new Response(copies[1] instanceof Response ? copies[1].body : copies[1]).text()).rejects.toThrow(
      StreamBrokenError,
    )
  })

  it.each([
    ['a reader', (response: Response) => response.body!.getReader()],
    ['an iterator', (response: Response) => response.body!.values()],
  ])('is ended as well if %s was taken and never read', async (_, take) => {
    const { ask, at, closed, held } = await startByHand(transport)
    take(await ask())
    await at(59_999)
    expect(await held()).toBeGreaterThan(0)
    await at(60_000)
    expect(await held()).toBe(0)
    await closed[0]
  })

  it('fails with the reason for a late reader, and is never an empty answer', async () => {
    const { ask, at } = await startByHand(transport)
    const answers = [await ask(), await ask(), await ask(), await ask()]
    await at(60_000)
    const ways: ((response: Response) => Promise<unknown>)[] = [
      (response) => response.text(),
      (response) => response.arrayBuffer(),
      (response) => response.body!.getReader().read(),
      async (response) => {
        for await (const _ of response.body!);
      },
    ]
    for (const [index, read] of ways.entries()) {
      const error = await read(answers[index]!).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(StreamBrokenError)
      expect((error as Error).cause).toMatchObject({ message: expect.stringContaining('60000 ms (`unreadMs`)') })
    }
  })

  it('is counted from its headers, each for itself', async () => {
    const { ask, at, closed, held, answers } = await startByHand(transport)
    await ask()
    await at(30_000)
    const later = await ask()
    await at(60_000)
    await closed[0]
    expect(await held()).toBeGreaterThan(0)
    answers[1]!.end(END)
    expect(await later.text()).toContain('"Hi"')
    expect(await held()).toBe(0)
  })

  const readers: [string, (response: Response) => () => Promise<string>][] = [
    [
      'a reader that waits behind its first piece',
      (response) => {
        const reader = response.body!.getReader()
        const first = reader.read()
        return async () => {
          let read = ''
          for (let piece = await first; !piece.done; piece = await reader.read()) read += Buffer.from(piece.value)
          return read
        }
      },
    ],
    [
      'an iteration that pauses',
      (response) => {
        const pieces = response.body!.values()
        const first = pieces.next()
        return async () => {
          let read = String(Buffer.from((await first).value!))
          for await (const piece of pieces) read += Buffer.from(piece)
          return read
        }
      },
    ],
    [
      'text()',
      (response) => {
        const read = response.text()
        return () => read
      },
    ],
    [
      'a copy of it',
      (response) => {
        const read = response.clone().text()
        return () => read
      },
    ],
  ]
  const each = readers.flatMap(([name, begin]) =>
    [false, true].map((isRouted) => [name, isRouted ? 'a route' : 'no route', isRouted, begin] as const),
  )
  it.each(each)('is left alone, however slow, once it has %s, with %s', async (_, __, isRouted, begin) => {
    const { ask, at, answers, held } = await startByHand(transport, isRouted)
    const goOn = begin(await ask())
    await at(59_999)
    await at(60_000)
    await at(3_600_000)
    expect(await held()).toBeGreaterThan(0)
    answers[0]!.end(END)
    expect(await goOn()).toContain('"Hi"')
    expect(await held()).toBe(0)
  })
})

it('the timer that looks for unread answers is one, and does not keep the process alive', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const begun = () => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
  const ops = createLlmOps({ defaultTenant: 'contoso', fetch: async () => begun() })
  const before = timers()
  for (let call = 0; call < 10; call++) {
    await ops.fetch('http://127.0.0.1:1/v1/chat/completions', { method: 'POST', body: JSON.stringify(asked) })
  }
  // Timers of what ran before may end meanwhile.
  expect(timers()).toBeLessThanOrEqual(before)
  await ops.close({ timeoutMs: 0 })
  expect(timers()).toBeLessThanOrEqual(before)
})

describe.each(TRANSPORTS)('closing, over %s', (_, transport) => {
  const start = (url: string, options: LlmOpsOptions = {}) => {
    const ops = createLlmOps({ defaultTenant: 'contoso', fetch: transport(), budget: { limitUsd: 1 }, ...options })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    return { ops, openai }
  }

  it('ends an answer that is not read within its limit of time, and settles it', async () => {
    const { url, closed } = await startStream()
    const { ops, openai } = start(url)
    await openai.chat.completions.create(asked)
    await ops.close({ timeoutMs: 20 })
    await closed[0]
    expect(await ops.budget!.read('contoso')).toMatchObject({ heldUsd: 0 })
  })

  it('need not wait for an answer that ends by its own limit before', async () => {
    const { url, closed } = await startStream()
    const { ops, openai } = start(url, { unreadMs: 20 })
    await openai.chat.completions.create(asked)
    await ops.close()
    await closed[0]
    expect(await ops.budget!.read('contoso')).toMatchObject({ heldUsd: 0 })
  })

  it('ends an unread answer behind a route too, whose own limits would be later', async () => {
    const { url, closed } = await startStream()
    const targets = [{ name: 'one', model: 'gpt-4o', baseUrl: `${url}/v1` }]
    const { ops, openai } = start(url, { unreadMs: 20, route: { targets } })
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
    const response = await openai.chat.completions.create(asked).asResponse()
    const withLimits = timers()
    await ops.close()
    await closed[0]
    // Those of the route on the whole stream and on its silence.
    expect(timers()).toBeLessThanOrEqual(withLimits - 2)
    expect(await ops.budget!.read('contoso')).toMatchObject({ heldUsd: 0 })
    await expect(response.text()).rejects.toBeInstanceOf(StreamBrokenError)
  })

  it('breaks an answer that is read still when its time is over, which then counts what was delivered', async () => {
    const { url } = await startStream()
    const { ops, openai } = start(url)
    const reader = (await openai.chat.completions.create(asked).asResponse()).body!.getReader()
    await reader.read()
    const next = reader.read()
    await Promise.all([expect(next).rejects.toBeInstanceOf(StreamBrokenError), ops.close({ timeoutMs: 20 })])
    const { spentUsd, heldUsd } = await ops.budget!.read('contoso')
    expect(heldUsd).toBe(0)
    // Less than the hold: input and a token or two.
    expect(spentUsd).toBeLessThan(0.0005)
    expect(spentUsd).toBeGreaterThan(0)
  })

  it('waits for a whole answer on its way, before its head and after, and charges what it costs', async () => {
    const answers: ServerResponse[] = []
    let arrived = Promise.withResolvers<void>()
    const { url } = await startProvider((response) => {
      answers.push(response)
      arrived.resolve()
    })
    const { ops, openai } = start(url)
    const answer = openai.chat.completions.create({ ...asked, stream: false })
    await arrived.promise
    let isClosed = false
    const closing = ops.close().then(() => {
      isClosed = true
    })
    arrived = Promise.withResolvers()
    answers[0]!.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":[],', () => arrived.resolve())
    await arrived.promise
    expect(isClosed).toBe(false)
    answers[0]!.end('"model":"gpt-4o","usage":{"prompt_tokens":10,"completion_tokens":2}}')
    await answer
    await closing
    expect(await ops.budget!.read('contoso')).toMatchObject({ spentUsd: COST_USD, heldUsd: 0 })
  })

  it('does not wait forever for a whole answer that does not come: its hold is left to its lease', async () => {
    const { url, requests } = await startProvider(() => {})
    const { ops, openai } = start(url)
    const controller = new AbortController()
    const answer = openai.chat.completions.create({ ...asked, stream: false }, { signal: controller.signal })
    await expect.poll(() => requests.length).toBe(1)
    await ops.close({ timeoutMs: 20 })
    expect((await ops.budget!.read('contoso')).heldUsd).toBeGreaterThan(0)
    controller.abort()
    await expect(answer).rejects.toThrow()
  })

  it('is at once done when nothing runs, whatever its limit', async () => {
    const { ops } = start('http://127.0.0.1:1')
    await ops.close({ timeoutMs: 2 ** 31 - 1 })
    await ops[Symbol.asyncDispose]()
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '10'])(
    'refuses to wait for %s milliseconds',
    async (timeoutMs) => {
      const { ops } = start('http://127.0.0.1:1')
      await expect(ops.close({ timeoutMs: timeoutMs as number })).rejects.toThrow(/timeoutMs.*milliseconds/)
      await ops.close()
    },
  )
})
