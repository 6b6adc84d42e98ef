import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answered, CALL_USD, failing, temporaryFolder, watchedAgent } from '../../test/support/watched-agent.ts'
import { ToolUnavailable } from '../index.ts'

/** The same, wherever tasks are kept. */
describe.each([
  ['in memory', () => undefined],
  ['in a file', () => ({ path: join(temporaryFolder(), 'history.db') })],
])('tasks that are kept %s', (_, historyOf) => {
  const start = (options: Parameters<typeof watchedAgent>[0] = {}) =>
    watchedAgent({ ...options, dashboard: { history: historyOf(), ...options.dashboard } })

  it('are listed, the latest first, page by page', async () => {
    const agent = await start()
    for (const id of ['a', 'b', 'c', 'd', 'e']) await agent.task('contoso', id)
    const first = (await agent.get('api/tasks?limit=2')).body
    expect(first.tasks.map(({ id }: { id: string }) => id)).toEqual(['e', 'd'])
    const second = (await agent.get(`api/tasks?limit=2&before=${first.next}`)).body
    expect(second.tasks.map(({ id }: { id: string }) => id)).toEqual(['c', 'b'])
    const third = (await agent.get(`api/tasks?limit=2&before=${second.next}`)).body
    expect([third.tasks.map(({ id }: { id: string }) => id), third.next]).toEqual([['a'], null])
  })

  it('can be had by failure and by tenant', async () => {
    const agent = await start()
    await agent.task('contoso', 'good')
    agent.answer(failing)
    await agent.task('contoso', 'bad')
    await agent.task('fabrikam', 'other')
    const ids = async (query: string) =>
      (await agent.get(`api/tasks?${query}`)).body.tasks.map(({ id }: { id: string }) => id)
    expect(await ids('failed=1')).toEqual(['other', 'bad'])
    expect(await ids('tenant=contoso')).toEqual(['bad', 'good'])
    expect(await ids('failed=1&tenant=fabrikam')).toEqual(['other'])
    expect(await ids('tenant=nobody')).toEqual([])
  })

  it('say why they failed in the words of the provider', async () => {
    const agent = await start()
    agent.answer(() => failing(401, 'Incorrect API key provided.'))
    await agent.task()
    expect((await agent.get('api/tasks')).body.tasks).toMatchObject([
      { outcome: 'failure', reason: 'http_401', class: 'provider', error: 'Incorrect API key provided.', flags: [] },
    ])
  })

  it('show their calls in the order in which they began, with all that is known of each', async () => {
    const agent = await start({
      ops: { budget: { limitUsd: CALL_USD * 1.2, minOutputTokens: 150, waitForHoldsMs: 0 } },
      dashboard: {
        facts: { release: 'v7' },
        links: { task: ({ id }) => [{ label: 'Logs', href: `https://logs.example/?q=${id}` }] },
      },
    })
    const lookup = agent.ops.tool({
      name: 'lookup',
      description: 'Looks up',
      effect: 'read',
      parameters: { type: 'object', properties: { who: { type: 'string' }, age: { type: 'integer' } } },
      run: () => {
        throw new ToolUnavailable('lookup', { reason: 'the index is down' })
      },
      fallbacks: [
        function cache() {
          return 'well'
        },
      ],
    })
    await agent.ops.task({ tenant: 'contoso', id: 'one', scopes: {} }, async () => {
      await (await agent.ask()).text()
      await lookup.call('{"who": "ada", "age": "3"}')
      await agent.ask()
    })
    const { status, body } = await agent.get('api/tasks/one')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: 'one',
      tenant: 'contoso',
      modelCalls: 1,
      toolCalls: 1,
      costUsd: CALL_USD,
      facts: { release: 'v7' },
      links: [{ label: 'Logs', href: 'https://logs.example/?q=one' }],
      flags: ['block', 'repair', 'fallback'],
      calls: [
        {
          kind: 'model',
          model: 'gpt-4o-mini',
          requestedModel: 'gpt-4o-mini',
          provider: 'openai',
          status: 'completed',
          httpStatus: 200,
          attempts: [{ target: 'api.openai.com', outcome: 'answered', httpStatus: 200, error: null }],
          inputTokens: 1000,
          outputTokens: 100,
          costUsd: CALL_USD,
          decision: 'allow',
          error: null,
        },
        {
          kind: 'tool',
          tool: 'lookup',
          status: 'fallback',
          answeredBy: 'cache',
          repairs: ['coercion'],
          fallbacks: [{ tool: 'lookup', error: expect.stringContaining('the index is down') }],
        },
        {
          kind: 'model',
          status: 'refused',
          httpStatus: 402,
          decision: 'block',
          costUsd: 0,
          attempts: [],
          error: { type: 'budget_exceeded', message: expect.stringContaining('budget') },
        },
      ],
    })
  })

  it('survive a flood of good ones, where they failed', async () => {
    const agent = await start()
    agent.answer(failing)
    await agent.task('contoso', 'bad')
    for (let count = 0; count < 1100; count++) await agent.ops.task({ tenant: 'contoso' }, async () => {})
    expect((await agent.get('api/tasks?failed=1')).body.tasks).toMatchObject([{ id: 'bad' }])
    expect((await agent.get('api/tasks/bad')).body.calls).toHaveLength(1)
  })

  it('with an unknown id are 404', async () => {
    const agent = await start()
    const { status, body } = await agent.get('api/tasks/none')
    expect([status, body.code]).toEqual([404, 'not_found'])
  })

  it('keep at most a hundred calls each, and say how many more there were', async () => {
    const agent = await start()
    const noop = agent.ops.tool({
      name: 'noop',
      description: 'Nothing',
      effect: 'read',
      parameters: {},
      run: () => 'ok',
    })
    await agent.ops.task({ tenant: 'contoso', id: 'many' }, async () => {
      for (let count = 0; count < 130; count++) await noop.call(`{"count": ${count}}`)
    })
    const { calls, callsLeftOut } = (await agent.get('api/tasks/many')).body
    expect([calls.length, callsLeftOut]).toEqual([100, 30])
  })

  it('keep the last of ten thousand calls, which say why it failed, and the first', async () => {
    const agent = await start()
    const noop = agent.ops.tool({
      name: 'noop',
      description: 'Nothing',
      effect: 'read',
      parameters: {},
      maxRepeats: Number.MAX_SAFE_INTEGER,
      run: () => 'ok',
    })
    await agent.ops
      .task({ tenant: 'contoso', id: 'many' }, async (task) => {
        await agent.ask()
        for (let count = 0; count < 10_000; count++) await noop.call(`{"count": ${count}}`)
        agent.answer(failing)
        await agent.ask()
        task.fail('no_answer')
      })
      .catch(() => {})
    const { calls, callsLeftOut, error } = (await agent.get('api/tasks/many')).body
    expect([calls.length, callsLeftOut, error]).toEqual([100, 9902, 'The engine is overloaded.'])
    expect([calls[0], calls.at(-1)]).toMatchObject([
      { kind: 'model', httpStatus: 200 },
      { kind: 'model', httpStatus: 503 },
    ])
  })

  it('do not blame a provider that failed once and then answered', async () => {
    const agent = await start()
    await agent.ops
      .task({ tenant: 'contoso', id: 'one' }, async () => {
        agent.answer(failing)
        await agent.ask()
        agent.answer(answered)
        await agent.ask()
        throw new RangeError('No such page')
      })
      .catch(() => {})
    expect((await agent.get('api/tasks/one')).body.error).toBe('No such page')
  })

  it('show no link that would run a script', async () => {
    const agent = await start({
      dashboard: {
        links: {
          task: () => [
            { label: 'Trap', href: 'javascript:alert(1)' },
            { label: 'Fine', href: '/trace' },
          ],
        },
      },
    })
    await agent.task('contoso', 'one')
    expect((await agent.get('api/tasks/one')).body.links).toEqual([{ label: 'Fine', href: '/trace' }])
  })
})
