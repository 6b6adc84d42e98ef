import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  BudgetBreaker,
  type BudgetOptions,
  createLlmOps,
  type LlmOps,
  type LlmOpsOptions,
  type ModelLayer,
} from './index.ts'
import { createRateCard } from './pricing/index.ts'

let endpoint: ModelEndpoint
let exporter: InMemoryMetricExporter
let provider: MeterProvider
beforeEach(async () => {
  endpoint = await startModelEndpoint()
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  provider = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(provider)
})
afterEach(async () => {
  await endpoint.close()
  await provider.shutdown()
  metrics.disable()
})

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Where is ORD-1001?' }]

function start(options: LlmOpsOptions = {}) {
  const ops = createLlmOps({ ...options, budget: { limitUsd: 1, ...options.budget } })
  const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  return { ops, openai }
}

/** The sum of every point of an instrument. */
async function recorded(name: string): Promise<number> {
  await provider.forceFlush()
  const all =
    exporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
  const points = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
  return points.reduce(
    (sum, { value }) => sum + (typeof value === 'number' ? value : ((value as { sum?: number }).sum ?? 0)),
    0,
  )
}

describe('an agent with all the parts', () => {
  it('is one task: the model plans, the tool call is repaired and run, and every fact is recorded once', async () => {
    const { ops, openai } = start()
    const orders = ops.tool({
      name: 'get_order',
      description: 'Reads one order by its number',
      effect: 'read',
      parameters: { type: 'object', required: ['id'], properties: { id: { type: 'string', pattern: '^ORD-\\d{4}$' } } },
      run: ({ id }) => ({ id, status: 'shipped' }),
    })
    const totals = await ops.task({ tenant: 'contoso' }, async (task) => {
      const asked = { model: 'gpt-4o-mini', messages, tools: [orders.definition] }
      const plan = await openai.chat.completions.create(asked, { headers: { 'x-mistake': 'trailing_comma' } })
      const message = plan.choices[0]!.message
      const call = message.tool_calls![0] as OpenAI.ChatCompletionMessageFunctionToolCall
      const result = await orders.call(call.function.arguments, { id: call.id })
      const said = { role: 'tool' as const, tool_call_id: call.id, content: JSON.stringify(result) }
      const answer = await openai.chat.completions.create({ ...asked, messages: [...messages, message, said] })
      expect(answer.choices[0]!.message.content).toContain('shipped')
      return task.totals
    })
    await ops.close()
    const billed = endpoint.totalCostNanos()
    expect(totals).toMatchObject({ modelCalls: 2, toolCalls: 1, costNanos: billed, repairs: 0 })
    expect(await recorded('agent.task.success')).toBe(1)
    expect(await recorded('agent.tool.success')).toBe(1)
    expect(await recorded('agent.cost.usd')).toBeCloseTo(billed / 1e9, 12)
    expect(await recorded('agent.task.cost')).toBeCloseTo(billed / 1e9, 12)
  })

  it('is answered by the cheaper model near its limit, and refused at it', async () => {
    const { ops, openai } = start({
      budget: { limitUsd: 0.0008, waitForHoldsMs: 0, downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } },
    })
    const ask = () =>
      ops.task({ tenant: 'contoso' }, () =>
        openai.chat.completions.create({ model: 'gpt-4o', messages, max_completion_tokens: 40 }),
      )
    const models: string[] = []
    const refused = await (async () => {
      for (;;) models.push((await ask()).model)
    })().catch((error: unknown) => error)
    expect(models).toContain('gpt-4o')
    expect(models.at(-1)).toBe('gpt-4o-mini')
    expect(refused).toMatchObject({ status: 402, code: 'budget_exceeded' })
    expect(endpoint.totalCostNanos()).toBeLessThanOrEqual(800_000)
    expect(await recorded('agent.model.downshift')).toBeGreaterThan(0)
    expect(await recorded('agent.budget.breach')).toBeGreaterThan(0)
    expect(await recorded('agent.task.failure')).toBe(1)
    await ops.close()
  })

  it('is hurt by chaos as by the provider, and that costs nothing', async () => {
    const { ops, openai } = start({ defaultTenant: 'contoso' })
    ops.chaos.set({ mode: 'throttle', probability: 1 })
    await expect(openai.chat.completions.create({ model: 'gpt-4o', messages })).rejects.toMatchObject({ status: 429 })
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd: 0, heldUsd: 0 })
    expect(endpoint.attempts).toHaveLength(0)
    expect(await recorded('agent.chaos.injected')).toBe(1)
    await ops.close()
  })

  it('runs the layers of the application outside everything that spends', async () => {
    const audit: string[] = []
    const onlyMini: ModelLayer = async (call, next) => {
      audit.push(`${call.tenant} ${call.model}`)
      return next({ ...call, model: 'gpt-4o-mini' })
    }
    const { ops, openai } = start({ defaultTenant: 'contoso', layers: { model: [onlyMini] } })
    expect((await openai.chat.completions.create({ model: 'gpt-4o', messages })).model).toBe('gpt-4o-mini')
    expect(audit).toEqual(['contoso gpt-4o'])
    await ops.close()
    expect((endpoint.attempts[0] as { model: string }).model).toBe('gpt-4o-mini')
  })

  it('counts what went to a provider ungoverned', async () => {
    const { ops } = start({ modelHosts: ['127.0.0.1'], unknownEndpoints: 'pass', defaultTenant: 'contoso' })
    await ops.fetch(`${endpoint.url}/v1/videos`, { method: 'POST', body: '{}' })
    expect(await recorded('agent.model.ungoverned')).toBe(1)
    await ops.close()
  })

  it('closes once, however often `close` is called, and waits for what still runs', async () => {
    const { ops, openai } = start({ defaultTenant: 'contoso' })
    const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true })
    let isClosed = false
    const closed = ops.close().then(() => {
      isClosed = true
    })
    for await (const _ of stream) expect(isClosed).toBe(false)
    await closed
    await ops.close()
    expect(isClosed).toBe(true)
  })

  describe('with a budget that was made before', () => {
    const dearer = { overrides: { 'gpt-4o': { inputUsdPerMillion: 250, outputUsdPerMillion: 1000 } } }

    it('charges by the prices that the budget holds by', async () => {
      const rateCard = createRateCard(dearer)
      const breaker = new BudgetBreaker({ limitUsd: 1, rateCard })
      const ops = createLlmOps({ breaker, defaultTenant: 'contoso' })
      const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
      await openai.chat.completions.create({ model: 'gpt-4o', messages, max_completion_tokens: 100 })
      await ops.close()
      // The provider's own bill is by the public price, a hundredth of the negotiated one.
      expect((await breaker.read('contoso')).spentUsd).toBeCloseTo((100 * endpoint.totalCostNanos()) / 1e9, 9)
      expect(ops.rateCard).toBe(rateCard)
      expect(await recorded('agent.cost.usd')).toBeCloseTo((100 * endpoint.totalCostNanos()) / 1e9, 9)
    })

    it('takes the same rate card twice', () => {
      const rateCard = createRateCard(dearer)
      expect(createLlmOps({ breaker: new BudgetBreaker({ limitUsd: 1, rateCard }), rateCard }).rateCard).toBe(rateCard)
    })

    it.each([
      ['its options', dearer],
      ['a card of its own', createRateCard(dearer)],
    ])('refuses a second rate card, given as %s', (_, rateCard) => {
      const breaker = new BudgetBreaker({ limitUsd: 0.02 })
      expect(() => createLlmOps({ breaker, rateCard })).toThrow(/rateCard.*`breaker`/)
    })

    it('is given as a breaker, and not beside the options of another one', () => {
      const breaker = new BudgetBreaker({ limitUsd: 1 })
      expect(createLlmOps({ breaker }).budget).toBe(breaker)
      expect(() => createLlmOps({ breaker, budget: { limitUsd: 1 } })).toThrow(/`breaker`.*left out/)
      expect(() => createLlmOps({ budget: breaker as unknown as BudgetOptions })).toThrow(/`budget`.*as `breaker`/)
    })
  })

  describe('whose budget has a limit for each user', () => {
    const budget = { limitUsd: 1, scopes: [{ scope: 'user', limitUsd: { ada: 1, '*': 0 } }], waitForHoldsMs: 0 }
    const asked = { model: 'gpt-4o', messages, max_completion_tokens: 100 }
    const askAs = (ops: LlmOps, payer: Parameters<LlmOps['fetchAs']>[0]) =>
      new OpenAI({
        baseURL: `${endpoint.url}/v1`,
        apiKey: 'any',
        maxRetries: 0,
        fetch: ops.fetchAs(payer),
      }).chat.completions
        .create(asked)
        .then(
          () => 200,
          ({ status }: { status: number }) => status,
        )

    it('charges the user that `fetchAs` names', async () => {
      const { ops } = start({ budget })
      expect(await askAs(ops, { tenant: 'contoso', scopes: { user: 'ada' } })).toBe(200)
      expect(await askAs(ops, { tenant: 'contoso', scopes: { user: 'bob' } })).toBe(402)
      expect(await askAs(ops, { tenant: 'contoso' })).toBe(200)
    })

    it('makes the user of the task pay too where fetchAs names none', async () => {
      const { ops } = start({ budget })
      const inTaskOf = (user: string, payer: Parameters<LlmOps['fetchAs']>[0]) =>
        ops.task({ tenant: 'contoso', scopes: { user } }, () => askAs(ops, payer))
      expect(await inTaskOf('bob', { tenant: 'contoso' })).toBe(402)
      expect(await inTaskOf('bob', { tenant: 'contoso', scopes: { user: 'ada' } })).toBe(200)
    })

    it.each([
      [{ User: 'bob' }, /scopes\.User.*which has user.*mean `user`/],
      [{ user: undefined }, /scopes\.user.*missing/],
      [{ user: '' }, /scopes\.user/],
      [{ user: 7 }, /scopes\.user.*7/],
      [{ constructor: 'bob' }, /scopes\.constructor/],
      [JSON.parse('{"__proto__": "bob"}'), /scopes\.__proto__/],
      ['user', /scopes.*'user'/],
      [['user'], /scopes.*an array/],
      [new Map([['user', 'bob']]), /scopes.*ids by scope/],
      [null, /scopes/],
    ])('refuses the scopes %j, which would have no limit', async (scopes, message) => {
      const { ops, openai } = start({ budget })
      const payer = { tenant: 'contoso', scopes } as never
      let hasRun = false
      const task = ops.task(payer, () => {
        hasRun = true
        return openai.chat.completions.create(asked)
      })
      await expect(task).rejects.toThrow(message)
      expect(hasRun).toBe(false)
      expect(() => ops.fetchAs(payer)).toThrow(message)
      const call = { ...(payer as object), model: 'gpt-4o', inputTokens: 1 } as never
      await expect(ops.budget.reserve(call)).rejects.toThrow(message)
      await ops.close()
    })

    it('says that there is no scope where there is none', async () => {
      const { ops } = start()
      await expect(ops.task({ tenant: 'contoso', scopes: { user: 'ada' } }, () => 1)).rejects.toThrow(
        /scopes\.user.*which has none/,
      )
      // Without a budget scopes are the application's own words.
      const free = createLlmOps()
      expect(await free.task({ tenant: 'contoso', scopes: { user: 'ada' } }, ({ scopes }) => scopes)).toEqual({
        user: 'ada',
      })
    })
  })

  it.each([
    [{ budgets: {} }, /`budgets` is not an option.*Did you mean `budget`/],
    [{ budget: { limitUsd: 1, downshift: { at: 80, to: {} } } }, /`budget\.downshift\.at`.*got 80.*0\.8/],
    [
      { budget: { limitUsd: 1, downshift: { to: { 'gpt-4o': 'my-deployment' } } } },
      /`budget\.downshift\.to\['gpt-4o'\]`.*my-deployment.*rateCard\.deployments/,
    ],
    [
      { budget: { limitUsd: 1, downshift: { to: { 'gpt-4o': 'gpt-4o-mini', 'gpt-4o-mini': 'gpt-4o' } } } },
      /`budget\.downshift\.to\['gpt-4o'\]`.*lead back/,
    ],
    [
      {
        budget: {
          limitUsd: 1,
          scopes: [
            { scope: 'user', limitUsd: 1 },
            { scope: 'user', limitUsd: 2 },
          ],
        },
      },
      /`budget\.scopes\[1\]\.scope`.*once/,
    ],
    [{ layers: { model: 'audit' } }, /layers\.model/],
    [{ fetch: 'node-fetch' }, /fetch.*node-fetch/],
    [{ unknownEndpoints: 'shrug' }, /unknownEndpoints.*shrug/],
    [{ unreadMs: 0 }, /unreadMs.*milliseconds from 1.*got 0/],
    [{ maxAnswerBytes: 0 }, /maxAnswerBytes.*from 1 to 500,000,000, got 0/],
    [{ maxAnswerBytes: 2 ** 30 }, /maxAnswerBytes.*1073741824/],
    [{ budget: { limitUsd: -5 } }, /limitUsd.*-5/],
  ])('refuses the options %j by name', (options, message) => {
    expect(() => createLlmOps(options as unknown as LlmOpsOptions)).toThrow(message)
  })
})
