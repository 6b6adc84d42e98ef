import { describe, expect, it } from 'vitest'
import { CALL_USD, NOON, scriptedEvents, watchedAgent } from '../../test/support/watched-agent.ts'

const TOKEN = 'an-admin-token'
const bearer = { authorization: `Bearer ${TOKEN}` }

describe('tenants', () => {
  it('are sorted by what they have spent of their limit, and the rest is counted', async () => {
    const limitUsd = { small: CALL_USD * 4, large: 100, middle: CALL_USD * 10 }
    const agent = await watchedAgent({ ops: { budget: { limitUsd, period: 'day' } } })
    for (const tenant of ['large', 'large', 'small', 'middle']) await agent.task(tenant)
    const { body } = await agent.get('api/tenants?limit=2')
    expect(body.tenants).toMatchObject([
      { tenant: 'small', spentUsd: CALL_USD, share: 0.25, tasks: 1, failed: 0, costUsd: CALL_USD },
      { tenant: 'middle', share: 0.1 },
    ])
    expect(body.others.tenants).toBe(1)
    expect(body.others.costUsd).toBeCloseTo(2 * CALL_USD, 9)
    expect(body.known).toBe(3)
    expect((await agent.get('api/tenants?search=LAR')).body.tenants).toMatchObject([{ tenant: 'large', tasks: 2 }])
  })

  it('have a forecast for the end of their period, and a time when the money will be gone', async () => {
    // The ledger has a clock of its own, so the day is that of the test's run.
    const agent = await watchedAgent({ ops: { budget: { limitUsd: 1, period: 'day' } } })
    const startMs = Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), new Date().getUTCDate())
    await agent.ops.budget!.charge({ tenant: 'contoso', usd: 0.5, reason: 'search' })
    agent.clock.turn(startMs + 6 * 3_600_000 - agent.clock.epochMs())
    await agent.task('fabrikam')
    const { body } = await agent.get('api/account?tenant=contoso')
    // Six hours of 24 have passed.
    expect(body).toMatchObject({ spentUsd: 0.5, forecastUsd: 2, level: 'warn', resetsAtMs: startMs + 86_400_000 })
    await agent.ops.budget!.charge({ tenant: 'contoso', usd: 0.25, reason: 'search' })
    agent.clock.turn(6000)
    // A quarter of a dollar in the last hour, and as much is left.
    const { runsOutAtMs } = (await agent.get('api/account?tenant=contoso')).body
    expect(runsOutAtMs).toBeCloseTo(agent.clock.epochMs() + 3_600_000, -2)
  })

  it('have no limit without a budget, and what they spent all the same', async () => {
    const agent = await watchedAgent()
    await agent.task('contoso')
    expect((await agent.get('api/tenants')).body.tenants).toEqual([
      {
        tenant: 'contoso',
        spentUsd: CALL_USD,
        heldUsd: null,
        unknownUsd: null,
        limitUsd: null,
        share: null,
        level: 'unknown',
        resetsAtMs: null,
        forecastUsd: null,
        runsOutAtMs: null,
        tasks: 1,
        failed: 0,
        costUsd: CALL_USD,
      },
    ])
  })

  it('can be a hundred thousand: series, page and memory stay where they are, and who spends most is seen', async () => {
    const events = scriptedEvents()
    const agent = await watchedAgent({ events })
    for (let count = 0; count < 100_000; count++) {
      events.taskEnded({ tenant: `tenant-${count}` })
      if (count % 1000 === 0) events.taskEnded({ tenant: 'heavy' })
      if (count % 10_000 === 0) agent.clock.turn(5000)
    }
    const { body } = await agent.get('api/tenants?window=24h')
    expect(body.tenants[0]).toMatchObject({ tenant: 'heavy', tasks: 100 })
    expect(body.known).toBeLessThanOrEqual(2500)
    expect(JSON.stringify(body).length).toBeLessThan(20_000)
    const overview = (await agent.get('api/overview?window=24h')).body
    expect(overview.tasks.ended).toBe(100_100)
    expect(JSON.stringify(overview).length).toBeLessThan(20_000)
  })
})

describe('a limit', () => {
  it('is changed with the token, of a tenant and of each scope, and seen at once', async () => {
    const scopes = [{ scope: 'user', limitUsd: 2 }]
    const agent = await watchedAgent({ ops: { budget: { limitUsd: 1, scopes } }, dashboard: { token: TOKEN } })
    const put = (path: string, body: object, headers: Record<string, string> = bearer) =>
      agent.get(`admin/budget/${path}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    const limit = async (query: string) => (await agent.get(`api/account?${query}`, { headers: bearer })).body.limitUsd
    expect(await limit('tenant=contoso')).toBe(1)
    expect((await put('contoso', { limitUsd: 5 })).body).toMatchObject({ tenant: 'contoso', limitUsd: 5 })
    expect(await limit('tenant=contoso')).toBe(5)
    expect((await put('contoso/user/ada%40x', { limitUsd: 7, lasts: 'always' })).status).toBe(200)
    expect(await limit('tenant=contoso&scope=user&id=ada%40x')).toBe(7)
    expect(await limit('tenant=contoso&scope=user&id=bob')).toBe(2)
    await put('contoso', { limitUsd: null })
    expect(await limit('tenant=contoso')).toBe(1)

    expect((await put('contoso', { limitUsd: 9 }, {})).status).toBe(401)
    for (const body of [{}, { limitUsd: -1 }, { limitUsd: 'much' }, { limit: 3 }, { limitUsd: 1, lasts: 'ever' }]) {
      expect((await put('contoso', body)).status).toBe(400)
    }
    expect((await put('contoso/team/red', { limitUsd: 1 })).status).toBe(400)
    expect(await limit('tenant=contoso')).toBe(1)
    expect((await agent.get('api/overview', { headers: bearer })).body.service).toMatchObject({
      canSetLimits: true,
      scopes: ['user'],
    })
  })

  it('cannot be changed without a token', async () => {
    const agent = await watchedAgent({ ops: { budget: { limitUsd: 1 } } })
    const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"limitUsd": 5}' }
    expect((await agent.get('admin/budget/contoso', init)).status).toBe(404)
    expect((await agent.get('api/account?tenant=contoso')).body.limitUsd).toBe(1)
  })

  it.each([
    '',
    `tenant=${'x'.repeat(300)}`,
    'tenant=contoso&scope=user',
    'tenant=contoso&scope=team&id=red',
    'scope=user&id=ada',
  ])('is not read of what is no account: %j', async (query) => {
    const agent = await watchedAgent({ ops: { budget: { limitUsd: 1 } } })
    expect((await agent.get(`api/account?${query}`)).status).toBe(400)
  })
})

it('an account is read once in five seconds, however many look', async () => {
  const agent = await watchedAgent({ ops: { budget: { limitUsd: 1 } } })
  await agent.task('contoso')
  let reads = 0
  const { read } = agent.ops.budget!
  agent.ops.budget!.read = function (...args) {
    reads++
    return read.apply(this, args)
  }
  for (let count = 0; count < 20; count++) await agent.get('api/tenants')
  expect(reads).toBe(1)
  agent.clock.turn(6000)
  await agent.get('api/tenants')
  expect([reads, agent.clock.epochMs()]).toEqual([2, NOON + 6000])
})
