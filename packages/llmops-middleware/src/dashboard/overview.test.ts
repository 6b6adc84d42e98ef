import { describe, expect, it } from 'vitest'
import { answered, CALL_USD, failing, NOON, TurnedClock, watchedAgent } from '../../test/support/watched-agent.ts'
import { ToolUnavailable } from '../index.ts'

describe('the overview', () => {
  it('counts tasks, money, tokens, decisions, tools and models of a window', async () => {
    const agent = await watchedAgent({ dashboard: { facts: { release: 'v7' } } })
    const lookup = agent.ops.tool({
      name: 'lookup',
      description: 'Looks up',
      effect: 'read',
      parameters: { type: 'object', properties: { who: { type: 'string' } } },
      run: ({ who }) => {
        if (who === 'nobody') throw new ToolUnavailable('lookup', { reason: 'nobody is there' })
        return 'well'
      },
    })
    await agent.task()
    await agent.ops.task({ tenant: 'contoso' }, async () => {
      await lookup.call('{"who": "ada",}')
      await lookup.call('{"who": "nobody"}').catch(() => {})
    })
    agent.answer(() => failing(503))
    await agent.task()

    const { body } = await agent.get('api/overview')
    expect(body).toMatchObject({
      window: '5m',
      freshness: { nowMs: NOON, sinceMs: NOON, latestMs: NOON, keptIn: 'memory', problem: null },
      service: { name: 'Agent', facts: { release: 'v7' }, canSetLimits: false, hasBudget: false, fault: null },
      tasks: {
        ended: 3,
        succeeded: 2,
        failed: { agent: 0, provider: 1, caller: 0 },
        reasons: [{ reason: 'http_503', class: 'provider', count: 1 }],
        otherReasons: 0,
      },
      cost: { usd: CALL_USD, perTaskUsd: CALL_USD / 3, unknownUsd: 0 },
      tokens: { input: 1000, output: 100, cachedInput: 0 },
      tools: { calls: 2, ok: 1, fallback: 0, error: 1, tools: [{ tool: 'lookup', calls: 2, ok: 1, error: 1 }] },
      decisions: { allow: 2, clamp: 0, downshift: 0, block: 0 },
      repairs: { free: 1, asked: 0 },
    })
    expect(body.tools.tools[0].errors).toEqual([{ type: 'no_tool_available', count: 1 }])
    expect(body.models.models).toMatchObject([
      {
        model: 'gpt-4o-mini',
        calls: 2,
        failed: 1,
        inputTokens: 1000,
        costUsd: CALL_USD,
        errors: [{ type: 'http_503' }],
      },
    ])
  })

  it('draws each window in its own steps, and says nothing of the time before it knew anything', async () => {
    const agent = await watchedAgent()
    await agent.task()
    agent.clock.turn(70_000)
    await agent.task()
    for (const [window, length, stepMs] of [
      ['5m', 60, 5000],
      ['1h', 60, 60_000],
      ['24h', 96, 900_000],
    ] as const) {
      const { series, tasks } = (await agent.get(`api/overview?window=${window}`)).body
      expect(tasks.succeeded).toBe(2)
      expect(series.stepMs).toBe(stepMs)
      expect(series.succeeded).toHaveLength(length)
      expect(series.succeeded.reduce((sum: number, count: number) => sum + count, 0)).toBe(2)
      expect(series.succeeded[0]).toBeNull()
      expect(series.p95Ms.at(-1)).not.toBeNull()
    }
  })

  it('forgets what is older than the window, and no sooner', async () => {
    const agent = await watchedAgent()
    await agent.task()
    const succeeded = async (window: string) => (await agent.get(`api/overview?window=${window}`)).body.tasks.succeeded
    agent.clock.turn(290_000)
    expect(await succeeded('5m')).toBe(1)
    agent.clock.turn(20_000)
    expect([await succeeded('5m'), await succeeded('1h'), await succeeded('24h')]).toEqual([0, 1, 1])
    agent.clock.turn(3_600_000)
    expect([await succeeded('1h'), await succeeded('24h')]).toEqual([0, 1])
    agent.clock.turn(86_400_000)
    expect(await succeeded('24h')).toBe(0)
  })

  it('refuses a window that there is not', async () => {
    const agent = await watchedAgent()
    const { status, body } = await agent.get('api/overview?window=2h')
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    expect(body.detail).toContain('5m, 1h, 24h')
  })
})

describe('tasks that run', () => {
  it('are counted, with the age of the oldest, until each has ended', async () => {
    const clock = new TurnedClock()
    const agent = await watchedAgent({ clock })
    const running = async () => (await agent.get('api/overview')).body.tasks.running
    expect(await running()).toEqual({ count: 0, oldestMs: null })
    const ends: (() => void)[] = []
    const begin = () => agent.ops.task({ tenant: 'contoso' }, () => new Promise<void>((resolve) => ends.push(resolve)))
    const first = begin()
    clock.turn(40_000)
    const second = begin()
    clock.turn(5000)
    expect(await running()).toEqual({ count: 2, oldestMs: 45_000 })
    ends[0]!()
    await first
    clock.turn(1000)
    expect(await running()).toEqual({ count: 1, oldestMs: 6000 })
    ends[1]!()
    await second
    clock.turn(1000)
    expect(await running()).toEqual({ count: 0, oldestMs: null })
  })
})

describe('the colour', () => {
  it('is red within ten seconds of an outage, after 20,000 good tasks', async () => {
    const agent = await watchedAgent()
    for (let step = 0; step < 20; step++) {
      await Promise.all(Array.from({ length: 1000 }, () => agent.ops.task({ tenant: 'contoso' }, async () => {})))
      agent.clock.turn(10_000)
    }
    expect((await agent.get('api/overview')).body.level).toBe('good')
    agent.answer(failing)
    for (let second = 0; second < 10; second++) {
      await Promise.all(Array.from({ length: 10 }, () => agent.task()))
      agent.clock.turn(1000)
    }
    const { level, tasks } = (await agent.get('api/overview?window=24h')).body
    expect(level).toBe('bad')
    expect(tasks.judged.last30s.level).toBe('bad')
    // The twin: of all tasks together nobody would see it.
    expect(tasks.succeeded / tasks.ended).toBeGreaterThan(0.99)
  })

  it('stays red for five minutes after an outage, and is not red after that', async () => {
    const agent = await watchedAgent()
    agent.answer(failing)
    await agent.task()
    const level = async () => (await agent.get('api/overview')).body.tasks.judged.level
    expect(await level()).toBe('bad')
    agent.clock.turn(280_000)
    expect(await level()).toBe('bad')
    agent.clock.turn(25_000)
    expect(await level()).toBe('unknown')
  })

  it('does not judge the last 30 seconds by fewer than ten tasks', async () => {
    const agent = await watchedAgent()
    for (let count = 0; count < 200; count++) await agent.ops.task({ tenant: 'contoso' }, async () => {})
    agent.clock.turn(60_000)
    agent.answer(failing)
    for (let count = 0; count < 9; count++) await agent.task()
    const nine = (await agent.get('api/overview')).body.tasks.judged
    expect(nine).toMatchObject({ level: 'warn', last30s: { level: 'unknown', count: 9 }, last5m: { count: 209 } })
    await agent.task()
    agent.clock.turn(500)
    expect((await agent.get('api/overview')).body.tasks.judged).toMatchObject({ level: 'bad', last30s: { count: 10 } })
  })

  it('does not turn for what callers do wrong', async () => {
    const agent = await watchedAgent()
    for (let count = 0; count < 20; count++) {
      await agent.ops.task({ tenant: 'contoso' }, async (task) => task.fail('invalid_request', 'caller'))
    }
    const { level, tasks } = (await agent.get('api/overview')).body
    expect([level, tasks.failed.caller]).toEqual(['unknown', 20])
  })

  it.each([
    [{ costPerTaskUsd: CALL_USD * 2 }, 'good'],
    [{ costPerTaskUsd: CALL_USD * 1.1 }, 'warn'],
    [{ costPerTaskUsd: CALL_USD * 0.9 }, 'bad'],
  ])('of the cost goes by the objective %j', async (objectives, level) => {
    const agent = await watchedAgent({ dashboard: { objectives } })
    for (let count = 0; count < 12; count++) await agent.task()
    expect((await agent.get('api/overview')).body.cost.judged).toMatchObject({ level, last30s: { level, count: 12 } })
  })
})

describe('marks', () => {
  const marksOf = async (agent: Awaited<ReturnType<typeof watchedAgent>>) =>
    (await agent.get('api/overview')).body.marks

  it('show a fault while it lasts, and when it ended', async () => {
    const agent = await watchedAgent()
    agent.ops.chaos.set({ mode: 'outage', probability: 0.5, ttlMs: 60_000 })
    agent.clock.turn(1000)
    expect(await marksOf(agent)).toMatchObject([
      { kind: 'fault', label: 'outage at 50%', atMs: NOON + 1000, endsAtMs: null },
      { kind: 'start' },
    ])
    expect((await agent.get('api/overview')).body.service.fault).toMatchObject({ mode: 'outage', probability: 0.5 })
    agent.ops.chaos.clear()
    agent.clock.turn(2000)
    expect((await marksOf(agent))[0]).toMatchObject({ kind: 'fault', endsAtMs: NOON + 2000 })
  })

  it('show an objective that does not hold, once, with its value', async () => {
    const agent = await watchedAgent()
    agent.answer(failing)
    await agent.task()
    agent.clock.turn(3000)
    expect(await marksOf(agent)).toMatchObject([
      { kind: 'breach', label: 'task success 0%; objective: task success 95%', endsAtMs: null },
      { kind: 'start' },
    ])
  })

  it('are put by the application too', async () => {
    const agent = await watchedAgent({
      dashboard: { marks: (put) => put({ atMs: NOON, endsAtMs: null, kind: 'promotion', label: 'v8' }) },
    })
    expect(await marksOf(agent)).toContainEqual({ atMs: NOON, endsAtMs: null, kind: 'promotion', label: 'v8' })
  })
})

it('what is charged without a model call is in the cost', async () => {
  const agent = await watchedAgent({ ops: { budget: { limitUsd: 1 } } })
  await agent.ops.budget!.charge({ tenant: 'contoso', usd: 0.01, reason: 'web search' })
  expect((await agent.get('api/overview')).body.cost.usd).toBe(0.01)
})

it('counts what a budget refused', async () => {
  const agent = await watchedAgent({ ops: { budget: { limitUsd: 0 } } })
  agent.answer(answered)
  expect((await agent.ask()).status).toBe(402)
  const { decisions, models, cost } = (await agent.get('api/overview')).body
  expect(decisions).toMatchObject({ allow: 0, block: 1 })
  expect([models.models, cost.usd]).toEqual([[], 0])
})
