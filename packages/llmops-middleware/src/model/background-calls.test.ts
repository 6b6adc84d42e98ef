import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventsOf, startProvider } from '../../test/support/provider.ts'
import { RecordedTelemetry } from '../../test/support/recorded-telemetry.ts'
import { remoteLedger } from '../../test/support/remote-ledger.ts'
import { type BudgetOptions, localShare, memoryLedger } from '../budget/index.ts'
import { createLlmOps } from '../index.ts'
import type { Ledger } from '../ledger/index.ts'
import { sqliteLedger } from '../ledger/sqlite/sqlite-ledger.ts'
import { createRateCard } from '../pricing/index.ts'
import { createSli } from '../sli/index.ts'

const rateCard = createRateCard()
const LEASE_MS = 60_000
const BILLED = rateCard.cost('gpt-4o', { inputTokens: 640, outputTokens: 30 })
const USAGE = { input_tokens: 640, output_tokens: 30, total_tokens: 670 }
const ASKED = {
  model: 'gpt-4o',
  input: 'Please tell me about the weather in Berlin, and then of that in Rome. '.repeat(40),
  max_output_tokens: 4000,
  background: true,
}

const responseOf = (id: string, more: object) => ({ id, object: 'response', model: 'gpt-4o', output: [], ...more })
const QUEUED = { status: 'queued', background: true, usage: null }
const COMPLETED = { status: 'completed', background: true, usage: USAGE }

const json = (body: object) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
const events =
  (...bodies: object[]) =>
  (response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(eventsOf(...(bodies as never[])))

type Clock = { nowMs: number }
const LEDGERS: Readonly<Record<string, (clock: Clock) => Ledger>> = {
  memory: (clock) => memoryLedger({ now: () => clock.nowMs }),
  SQLite(clock) {
    const folder = mkdtempSync(join(tmpdir(), 'background-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    return sqliteLedger(join(folder, 'ledger.db'), { now: () => clock.nowMs })
  },
}

type Answer = (response: ServerResponse) => void
/** What the provider answers, by method and path; `create` takes turns where there are several. */
type Answers = { readonly create?: readonly Answer[]; readonly get?: Answer; readonly cancel?: Answer }

async function using(makeLedger: (clock: Clock) => Ledger, answers: Answers, budget: Partial<BudgetOptions> = {}) {
  const { create = [json(responseOf('resp_1', QUEUED))], get = json(responseOf('resp_1', COMPLETED)), cancel } = answers
  const clock = { nowMs: Date.UTC(2026, 10, 10) }
  let created = 0
  const provider = await startProvider((response, request) => {
    if (request.url?.endsWith('/cancel')) return (cancel ?? get)(response)
    return request.method === 'GET' ? get(response) : create[created++ % create.length]!(response)
  })
  const telemetry = new RecordedTelemetry()
  const ledger = makeLedger(clock)
  const ops = createLlmOps({
    budget: {
      limitUsd: 1000,
      leaseMs: LEASE_MS,
      ledger,
      scopes: [{ scope: 'user', limitUsd: 1000, period: 'day' }],
      ...budget,
    },
    sli: createSli({ meter: telemetry.meter }),
  })
  onTestFinished(() => ops.close())
  const clientOf = (fetch: typeof globalThis.fetch) =>
    new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', maxRetries: 0, fetch })
  return {
    ops,
    clock,
    url: provider.url,
    clientOf,
    openai: clientOf(ops.fetch),
    stranger: clientOf(ops.fetchAs({ tenant: 'fabrikam' })),
    /** The response as a task of `contoso` begins it; gives the task. */
    begin: (more: object = {}, budgetUsd = 1) =>
      ops.task({ tenant: 'contoso', scopes: { user: 'ada' }, budgetUsd }, async (task) => {
        await clientOf(ops.fetch).responses.create({ ...ASKED, ...more } as never)
        return task
      }),
    async read(tenant = 'contoso', isOfUser = false) {
      await ops.budget.drain()
      return ops.budget.read(tenant, isOfUser ? { name: 'user', id: 'ada' } : undefined)
    },
    sum: async (name: string) =>
      (await telemetry.points(name)).reduce((total, { value }) => total + (value as number), 0),
  }
}

const HELD = rateCard.cost('gpt-4o', { inputTokens: JSON.stringify(ASKED).length, outputTokens: 4000 })

describe.each(Object.entries(LEDGERS))(
  'a response that goes on in the background, on the ledger of %s,',
  (_, ledger) => {
    it.each(['queued', 'in_progress'])(
      'that is %s is held, and counts its whole hold as unknown once its lease has ended, if nobody asks for it',
      async (status) => {
        const { begin, read, clock } = await using(ledger, {
          create: [json(responseOf('resp_1', { ...QUEUED, status }))],
        })
        await begin()
        const { spentUsd, heldUsd } = await read()
        expect(spentUsd).toBe(0)
        expect(heldUsd).toBeCloseTo(HELD, 3)
        clock.nowMs += LEASE_MS
        const ended = await read()
        expect(ended).toMatchObject({ spentUsd: heldUsd, unknownUsd: heldUsd, heldUsd: 0 })
      },
    )

    it.each([0, LEASE_MS])(
      'counts what it used when it is retrieved, %d ms later, for all that paid',
      async (laterMs) => {
        const { begin, read, clock, openai, ops } = await using(ledger, {})
        const task = await begin()
        expect(task.totals.costUsd).toBeCloseTo(HELD, 3)
        expect(task.totals.unknownUsd).toBe(task.totals.costUsd)
        expect(task.budget?.spentUsd).toBe(task.totals.costUsd)
        clock.nowMs += laterMs
        const retrieved = await ops.task({ tenant: 'contoso' }, () => openai.responses.retrieve('resp_1'))
        expect(retrieved.usage).toEqual(USAGE)
        const settled = { spentUsd: BILLED, unknownUsd: 0, heldUsd: 0 }
        expect(await read()).toMatchObject(settled)
        expect(await read('contoso', true)).toMatchObject(settled)
        expect(task.totals).toMatchObject({
          costUsd: BILLED,
          unknownUsd: 0,
          inputTokens: 640,
          outputTokens: 30,
          modelCalls: 1,
        })
        expect(task.budget).toMatchObject({ spentUsd: BILLED, heldUsd: 0 })
      },
    )

    it('is paid once by the caller that began it, however many ask for it and how often', async () => {
      const { begin, read, stranger, openai } = await using(ledger, {})
      const task = await begin()
      await Promise.all([openai, stranger, openai, stranger].map((client) => client.responses.retrieve('resp_1')))
      await stranger.responses.retrieve('resp_1')
      expect(await read()).toMatchObject({ spentUsd: BILLED, unknownUsd: 0, heldUsd: 0 })
      expect(await read('fabrikam')).toMatchObject({ spentUsd: 0, heldUsd: 0 })
      expect(task.totals.costUsd).toBe(BILLED)
    })

    it.each([0, LEASE_MS])('counts what it used until it was cancelled, %d ms later', async (laterMs) => {
      const cancel = json(responseOf('resp_1', { ...COMPLETED, status: 'cancelled' }))
      const { begin, read, openai, clock } = await using(ledger, { cancel })
      await begin()
      clock.nowMs += laterMs
      await openai.responses.cancel('resp_1')
      expect(await read()).toMatchObject({ spentUsd: BILLED, unknownUsd: 0, heldUsd: 0 })
    })

    it.each([{}, { starting_after: 3 }])('counts what the end of its stream says, retrieved with %j', async (from) => {
      const get = events(
        {
          type: 'response.in_progress',
          sequence_number: 1,
          response: responseOf('resp_1', { ...QUEUED, status: 'in_progress' }),
        },
        { type: 'response.output_text.delta', sequence_number: 4, delta: 'Sunny.' },
        { type: 'response.completed', sequence_number: 5, response: responseOf('resp_1', COMPLETED) },
      )
      const { begin, read, openai } = await using(ledger, { get })
      await begin()
      const types: string[] = []
      for await (const event of await openai.responses.retrieve('resp_1', { stream: true, ...from }))
        types.push(event.type)
      expect(types).toEqual(['response.in_progress', 'response.output_text.delta', 'response.completed'])
      expect(await read()).toMatchObject({ spentUsd: BILLED, unknownUsd: 0, heldUsd: 0 })
    })

    it('counts what it used though the stream that began it was left', async () => {
      const created = { type: 'response.created', sequence_number: 0, response: responseOf('resp_1', QUEUED) }
      const create: Answer = (response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventsOf(created))
      const { ops, openai, read, clock } = await using(ledger, { create: [create] })
      await ops.task({ tenant: 'contoso' }, async () => {
        const stream = await openai.responses.create({ ...ASKED, stream: true })
        for await (const event of stream) if (event.type === 'response.created') break
      })
      clock.nowMs += LEASE_MS
      const { spentUsd, unknownUsd } = await read()
      expect(spentUsd).toBeCloseTo(HELD, 3)
      expect(unknownUsd).toBe(spentUsd)
      await ops.task({ tenant: 'contoso' }, () => openai.responses.retrieve('resp_1'))
      expect(await read()).toMatchObject({ spentUsd: BILLED, unknownUsd: 0, heldUsd: 0 })
    })

    it.each([
      ['is still at work', json(responseOf('resp_1', { ...QUEUED, status: 'in_progress' }))],
      [
        'failed without usage',
        json(responseOf('resp_1', { status: 'failed', usage: null, error: { code: 'server_error', message: 'no' } })),
      ],
      ['was cancelled without usage', json(responseOf('resp_1', { status: 'cancelled', usage: null }))],
      [
        'says what cannot be',
        json(responseOf('resp_1', { ...COMPLETED, usage: { input_tokens: -5, output_tokens: 'many' } })),
      ],
      ['is another', json(responseOf('resp_2', COMPLETED))],
      [
        'is not JSON',
        (response: ServerResponse) =>
          void response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"resp_1"'),
      ],
      ['is gone', (response: ServerResponse) => void response.writeHead(404).end('{}')],
    ])('is charged as before when a request for it is answered that it %s', async (_, get) => {
      const { begin, read, openai, clock } = await using(ledger, { get })
      const task = await begin()
      const { heldUsd } = await read()
      await openai.responses.retrieve('resp_1').catch(() => {})
      expect(await read()).toMatchObject({ spentUsd: 0, heldUsd })
      clock.nowMs += LEASE_MS
      expect(await read()).toMatchObject({ spentUsd: heldUsd, unknownUsd: heldUsd, heldUsd: 0 })
      expect(task.totals.costUsd).toBe(heldUsd)
    })

    it('counts nothing until it is retrieved where unknown outcomes are released', async () => {
      const { begin, read, openai, clock, sum } = await using(ledger, {}, { unknownOutcome: 'release' })
      const task = await begin()
      clock.nowMs += LEASE_MS
      expect(await read()).toMatchObject({ spentUsd: 0, heldUsd: 0 })
      await openai.responses.retrieve('resp_1')
      expect(await read()).toMatchObject({ spentUsd: BILLED, unknownUsd: 0 })
      expect(task.totals.costUsd).toBe(BILLED)
      expect(await sum('agent.cost.usd')).toBeCloseTo(BILLED, 9)
    })
  },
)

describe('a response that goes on in the background', () => {
  it('stays in the counters as it was charged, which never count down: by `agent.cost.unknown.usd` they may be too high', async () => {
    const { begin, openai, sum } = await using(LEDGERS['memory']!, {})
    const charged = (await begin()).totals.costUsd
    // The twin: had nobody asked, they would say the same.
    expect([await sum('agent.cost.usd'), await sum('agent.cost.unknown.usd')]).toEqual([charged, charged])
    await openai.responses.retrieve('resp_1')
    expect([await sum('agent.cost.usd'), await sum('agent.cost.unknown.usd')]).toEqual([charged, charged])
  })

  it('is settled by its id alone: of two that are open the other stays held', async () => {
    const create = [json(responseOf('resp_1', QUEUED)), json(responseOf('resp_2', QUEUED))]
    const { begin, read, openai } = await using(LEDGERS['memory']!, { create })
    await begin()
    const { heldUsd } = await read()
    await begin()
    await openai.responses.retrieve('resp_1')
    expect(await read()).toMatchObject({ spentUsd: BILLED, heldUsd })
  })

  it('is corrected where it was begun: another process on its ledger retrieves it and changes nothing', async () => {
    const shared = memoryLedger()
    const { begin, read, url, openai } = await using(() => shared, {})
    const others = createLlmOps({ budget: { limitUsd: 1000, ledger: shared }, defaultTenant: 'contoso' })
    onTestFinished(() => others.close())
    await begin()
    const { heldUsd } = await read()
    await new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: others.fetch }).responses.retrieve('resp_1')
    expect(await read()).toMatchObject({ spentUsd: 0, heldUsd })
    await openai.responses.retrieve('resp_1')
    expect(await read()).toMatchObject({ spentUsd: BILLED, heldUsd: 0 })
  })

  it('that was begun while its ledger did not answer counts its whole hold at once and for good', async () => {
    const ledger = remoteLedger()
    const { begin, openai, ops } = await using(() => ledger, {}, { ledgerFailure: 'open' })
    await ops.task({ tenant: 'contoso' }, () => ops.budget.read('contoso'))
    ledger.isDown = true
    const task = await begin()
    const { spentUsd, unknownUsd, heldUsd } = await ops.budget.read('contoso')
    expect([spentUsd, unknownUsd, heldUsd]).toEqual([task.totals.costUsd, task.totals.costUsd, 0])
    await openai.responses.retrieve('resp_1')
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd, unknownUsd, heldUsd: 0 })
    expect(task.totals.costUsd).toBe(spentUsd)
  })

  it('that a slice pays counts its whole hold at once and for good, in the ledger and the task', async () => {
    const { openai, ops } = await using(
      () => localShare(memoryLedger(), { busyCalls: 1 }),
      { create: [json(responseOf('resp_0', COMPLETED)), json(responseOf('resp_1', QUEUED))] },
      { scopes: [] },
    )
    const run = (work: () => Promise<unknown>) =>
      ops.task({ tenant: 'contoso' }, async (task) => {
        await work()
        return task
      })
    await run(() => openai.responses.create({ ...ASKED, background: false }))
    await ops.budget.drain()
    const before = await ops.budget.read('contoso')
    const task = await run(() => openai.responses.create(ASKED))
    const after = await ops.budget.read('contoso')
    expect(after.spentUsd - before.spentUsd).toBeCloseTo(task.totals.costUsd, 9)
    expect(after.unknownUsd).toBeCloseTo(task.totals.costUsd, 9)
    await openai.responses.retrieve('resp_1')
    expect(await ops.budget.read('contoso')).toEqual(after)
    expect(task.totals.unknownUsd).toBeCloseTo(after.unknownUsd, 9)
  })

  it('is named in the guarantee, with what corrects it', async () => {
    const { ops } = await using(LEDGERS['memory']!, {})
    expect(ops.budget.explainGuarantee()).toMatch(
      /Background: .* held until its lease ends.* until this process retrieves/,
    )
  })

  it('is not renewed as a call is whose caller still waits', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const renewed: string[] = []
    const books = memoryLedger()
    const renew: Ledger['renew'] = (holds, leaseMs) => {
      renewed.push(...holds.map(({ id }) => id))
      return books.renew(holds, leaseMs)
    }
    const { ops, begin } = await using(() => ({ ...books, renew }), {})
    // The twin: one that is waited for.
    const waited = await ops.budget.reserve({ tenant: 'contoso', model: 'gpt-4o', inputTokens: 1, maxOutputTokens: 1 })
    vi.advanceTimersByTime(LEASE_MS / 3)
    expect(renewed).toHaveLength(1)
    await begin()
    vi.advanceTimersByTime(LEASE_MS / 3)
    expect(renewed).toHaveLength(2)
    if (waited.granted) await waited.release()
  })

  it('is not settled by what another host says of its id', async () => {
    const { begin, read, ops } = await using(LEDGERS['memory']!, {})
    const other = await startProvider(
      json(responseOf('resp_1', { ...COMPLETED, usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } })),
    )
    await begin()
    const before = await read()
    await (await ops.fetch(`${other.url}/v1/responses/resp_1`)).json()
    expect(await read()).toEqual(before)
  })

  it.each([
    ['in one piece', 'é'.repeat(50)],
    ['of more bytes than a piece has', 'é'.repeat(300_000)],
  ])('is passed on byte for byte when it is retrieved, %s', async (_, text) => {
    const raw = Buffer.from(`\ufeff${JSON.stringify(responseOf('resp_1', { ...COMPLETED, text }), null, 1)}\n`)
    const get: Answer = (response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'req_1' }).end(raw)
    const { begin, ops, url } = await using(LEDGERS['memory']!, { get })
    await begin()
    const address = `${url}/v1/responses/resp_1`
    const answer = await ops.fetch(address)
    expect([answer.url, answer.status, answer.headers.get('x-request-id')]).toEqual([address, 200, 'req_1'])
    expect(Buffer.from(await answer.arrayBuffer()).equals(raw)).toBe(true)
  })

  it('is forgotten when 10,000 newer ones are open, and stays charged', async () => {
    let id = 0
    const ops = createLlmOps({
      budget: { limitUsd: 1e6 },
      defaultTenant: 'contoso',
      fetch: async (input) => {
        const asked = String(input instanceof Request ? input.url : input)
        const body = asked.endsWith('/responses')
          ? responseOf(`resp_${++id}`, QUEUED)
          : responseOf(asked.split('/').at(-1)!, COMPLETED)
        return Response.json(body)
      },
    })
    onTestFinished(() => ops.close())
    const init = {
      method: 'POST',
      body: JSON.stringify({ model: 'gpt-4o', input: 'Hi', max_output_tokens: 16, background: true }),
    }
    for (let call = 0; call <= 10_000; call++)
      await (await ops.fetch('https://api.openai.com/v1/responses', init)).json()
    const retrieve = async (name: string) => (await ops.fetch(`https://api.openai.com/v1/responses/${name}`)).json()
    await retrieve('resp_1')
    expect((await ops.budget.read('contoso')).spentUsd).toBe(0)
    await retrieve('resp_2')
    expect((await ops.budget.read('contoso')).spentUsd).toBe(BILLED)
  }, 60_000)
})
