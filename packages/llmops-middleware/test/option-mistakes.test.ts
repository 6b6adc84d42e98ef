import { inspect } from 'node:util'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { memoryLedger } from '../src/budget/index.ts'
import { ChaosController } from '../src/chaos/index.ts'
import { createLlmOps, InvalidOptionError } from '../src/index.ts'
import { redisLedger } from '../src/ledger/redis/redis-ledger.ts'
import { redisBreakerBus } from '../src/route/redis-breaker-bus.ts'
import { testModel, watch } from '../src/testing/index.ts'
import { governed } from '../src/web/index.ts'

const ops = createLlmOps({ budget: { limitUsd: 1 }, logger: false })
const any = (value: unknown) => value as never
const budget = (options: object) => () => createLlmOps({ budget: any({ limitUsd: 1, ...options }) })
const tool = (options: object) => () =>
  ops.tool(any({ name: 'look', description: 'Looks.', parameters: { type: 'object' }, run: () => 1, ...options }))
const task = (options: object) => () => ops.task(any({ tenant: 'contoso', ...options }), () => {})

async function refusalOf(act: () => unknown): Promise<InvalidOptionError> {
  try {
    await act()
  } catch (error) {
    if (InvalidOptionError.isInstance(error)) return error
    throw error
  }
  throw new Error('It was accepted.')
}

/** What people write, where each comes from, and the words that help. */
const MISTAKES: readonly (readonly [string, () => unknown, ...string[]])[] = [
  // From the environment, which has only text.
  [
    'text for a number',
    budget({ limitUsd: '50' }),
    "`budget.limitUsd` must be an amount of US dollars from 0 to 9,007,199, an object of amounts by name, or a function that returns one, got '50'. Did you mean the number 50?",
  ],
  ['a variable that is not set', budget({ limitUsd: undefined }), '`budget.limitUsd` is missing'],
  [
    'Number() of such a one',
    budget({ limitUsd: Number(undefined) }),
    'got NaN. NaN is what Number() makes of text that is no number',
  ],
  [
    'text for a flag',
    budget({ scopes: [{ scope: 'user', limitUsd: 1, required: 'true' }] }),
    "`budget.scopes[0].required` must be true or false, got 'true'. Did you mean true",
  ],
  // One thing in place of the options that it is one of.
  [
    'a limit for a budget',
    () => createLlmOps({ budget: any(50) }),
    '`budget` must be an object of options, got 50. Did you mean { limitUsd: 50 }?',
  ],
  ['a tenant for a task', () => ops.task(any('contoso'), () => {}), "Did you mean { tenant: 'contoso' }?"],
  ['a tenant for a payer', () => ops.fetchAs(any('contoso')), "Did you mean { tenant: 'contoso' }?"],
  ['a time for closing', () => ops.close(any(10)), 'Did you mean { timeoutMs: 10 }?'],
  [
    'a name for a scope',
    budget({ scopes: ['user'] }),
    "`budget.scopes[0]` must be an object of options, got 'user'. Did you mean { scope: 'user' }?",
  ],
  ['answers for a model', () => testModel(any(['Hello.'])), 'Did you mean { script: … }?'],
  ['ops for the options of a handler', () => governed(any(ops), () => new Response()), 'Did you mean `{ ops: … }`?'],
  [
    'a model for its fetch',
    () => createLlmOps({ fetch: any(testModel({ script: [] })) }),
    'Did you mean its method `fetch`?',
  ],
  [
    'a URL of Redis',
    budget({ ledger: 'redis://127.0.0.1' }),
    "Did you mean redisLedger(new Redis(url)) of 'llmops-middleware/budget/redis'?",
  ],
  ['a connection to Redis', budget({ ledger: { evalsha: () => {} } }), 'Did you mean redisLedger(redis) of'],
  [
    'a path',
    budget({ ledger: '.data/ledger.db' }),
    "Did you mean sqliteLedger(path) of 'llmops-middleware/budget/sqlite'?",
  ],
  ['what is not watchable', () => watch(any({})), '`ops.events` is missing; it must be its events'],
  // Units.
  ['a percentage', budget({ downshift: { at: 80, to: {} } }), 'got 80. Did you mean 0.8?'],
  ['a percentage as text', budget({ downshift: { at: '80%', to: {} } }), "got '80%'. Did you mean 0.8?"],
  [
    'a duration with its unit',
    task({ deadlineMs: '30s' }),
    "`deadlineMs` must be a number of milliseconds above 0, got '30s'. Did you mean 30000?",
  ],
  ['a point in time for a duration', task({ deadlineMs: Date.now() + 30_000 }), 'That is a point in time'],
  ['a date for a duration', task({ deadlineMs: new Date() }), 'got an object of class Date. That is a point in time'],
  ['no limit as Infinity', budget({ limitUsd: Number.POSITIVE_INFINITY }), 'For no limit, leave out what it is in.'],
  // Spelling, and the names of other libraries.
  [
    'snake_case',
    budget({ limit_usd: 50 }),
    '`budget.limit_usd` is not an option; accepted is one of limitUsd,',
    'Did you mean `limitUsd`?',
  ],
  [
    'a value in snake_case',
    () => createLlmOps({ rateCard: any({ unknownModel: 'assume_max' }) }),
    'Did you mean `assumeMax`?',
  ],
  ['a name without its unit', budget({ limit: 50 }), 'Did you mean `limitUsd`?'],
  ['the name that LiteLLM has', budget({ max_budget: 50 }), 'Did you mean `limitUsd`?'],
  ['an adverb', budget({ period: 'monthly' }), "got 'monthly'. Did you mean `month`?"],
  [
    'an option of a budget beside it',
    () => createLlmOps(any({ limitUsd: 50 })),
    '`limitUsd` is not an option',
    'Did you mean `budget.limitUsd`?',
  ],
  [
    'deployments in the budget',
    budget({ deployments: { 'support-prod': 'gpt-4o' } }),
    'Did you mean `rateCard.deployments`?',
  ],
  [
    'the URL of a target',
    () => createLlmOps({ route: any({ targets: [{ name: 'one', url: 'https://localhost' }] }) }),
    '`route.targets[0].url` is not an option',
    'Did you mean `baseUrl`?',
  ],
  ['a user beside the tenant', task({ user: 'ada' }), 'Did you mean `scopes`?'],
  [
    'a scope that no budget has',
    task({ scopes: { user: 'ada' } }),
    '`scopes.user` is not a scope of the budget, which has none. It would have no limit: list it in `budget.scopes`, or leave it out.',
  ],
  [
    'how long a fault lasts',
    () => new ChaosController().set(any({ mode: 'outage', ttl: 60 })),
    'Did you mean `ttlMs`?',
  ],
  // Shapes.
  [
    'a promise for its value',
    budget({ ledger: Promise.resolve(memoryLedger()) }),
    '`budget.ledger` must be a ledger, got a promise. Await the promise first.',
  ],
  [
    'a promise for a tenant',
    task({ tenant: Promise.resolve('contoso') }),
    '`tenant` must be a name of 1 to 256 whole characters, got a promise. Await the promise first.',
  ],
  [
    'a list in a list',
    budget({ scopes: [[{ scope: 'user', limitUsd: 1 }]] }),
    '`budget.scopes[0]` must be an object of options, got an array.',
  ],
  ['a list of nothing', () => createLlmOps({ route: { targets: [] } }), 'got an empty array'],
  [
    'a task without its options',
    () =>
      ops.task(
        any(() => {}),
        any(undefined),
      ),
    '`options` must be an object of options, got a function. The options come first: `ops.task({ tenant }, run)`.',
  ],
  [
    'a task without its function',
    () => ops.task({ tenant: 'contoso' }, any(undefined)),
    '`run` is missing; it must be the function that is the task.',
  ],
  [
    'what the function of a task returns',
    () => ops.task({ tenant: 'contoso' }, any(Promise.resolve(1))),
    '`run` must be the function that is the task, got a promise.',
  ],
  [
    'no handler',
    () => governed({ ops, tenant: () => 'contoso' }, any(undefined)),
    '`handler` is missing; it must be a function of a request that returns a Response.',
  ],
  [
    'the controller for its signal',
    task({ signal: new AbortController() }),
    '`signal` must be an AbortSignal, got an object of class AbortController.',
  ],
  // Connections.
  [
    'the URL of Redis',
    () => redisLedger(any('redis://localhost')),
    '`redis` must be a connection of ioredis, `new Redis(url)` or `new Cluster(nodes)`',
    'Did you mean `redisLedger(new Redis(url))`?',
  ],
  ['no Redis', () => redisLedger(any(undefined)), '`redis` is missing; it must be a connection of ioredis'],
  [
    'a client of another package',
    () => redisLedger(any({ sendCommand() {}, evalSha() {} })),
    'A client of the package `redis` has other commands: use the package `ioredis`.',
  ],
  [
    'the URL of Redis for breakers',
    () => redisBreakerBus(any('redis://localhost')),
    '`redis` must be a connection of ioredis',
  ],
  // Tools: an application has many, so that the message says which.
  [
    'a wrong cost',
    tool({ costUsd: '0.01' }),
    "`costUsd` of tool 'look' must be an amount of US dollars",
    'Did you mean the number 0.01?',
  ],
  [
    'the names of the AI SDK',
    tool({ run: undefined, execute: () => 1 }),
    "`execute` of tool 'look' is not an option",
    'Did you mean `run`?',
  ],
  ['the schema as MCP calls it', tool({ inputSchema: { type: 'object' } }), 'Did you mean `parameters`?'],
  [
    'a schema of zod 3',
    tool({ parameters: { _def: {}, safeParse() {} } }),
    "`parameters` of tool 'look' cannot be used as JSON Schema: it is a schema of zod 3; use zod 4.",
  ],
  [
    'fields without z.object',
    tool({ parameters: { city: z.string() } }),
    "`parameters` of tool 'look' cannot be used as JSON Schema: /city is a schema of a library: wrap all of it, as in z.object({ … }).",
  ],
  [
    'zod inside JSON Schema',
    tool({ parameters: { type: 'object', properties: { city: z.string() } } }),
    '/properties/city is a schema of a library',
  ],
  ['valibot inside JSON Schema', tool({ parameters: { city: v.string() } }), '/city is a schema of a library'],
  [
    'a promise of a schema',
    tool({ parameters: Promise.resolve({}) }),
    "`parameters` of tool 'look' cannot be used as JSON Schema: it is a promise: await it first.",
  ],
  ['an object of a class', tool({ parameters: new (class Shape {})() }), 'it is an object of class Shape'],
  [
    'a type that there is not',
    tool({ parameters: { type: 'objct' } }),
    "`parameters` of tool 'look' cannot be used as JSON Schema: /type must be equal to one of the allowed values",
  ],
]

describe('a mistake in the options', () => {
  for (const [what, act, ...words] of MISTAKES) {
    it(`is explained for ${what}`, async () => {
      const { message } = await refusalOf(act)
      for (const part of words) expect(message).toContain(part)
    })
  }

  it.each([
    ['the password of a URL', 'redis://default:hunter2@cache:6380'],
    ['a key', 'sk-proj-hunter2'],
    ['a header', 'Bearer hunter2'],
    ['a connection string', 'Endpoint=sb://bus;SharedAccessKey=hunter2'],
  ])('reveals no %s', async (_, secret) => {
    const error = await refusalOf(budget({ ledger: secret }))
    expect(error.message).toMatch(/got '.+…/)
    expect(inspect(error)).not.toContain('hunter2')
    expect(JSON.stringify(error)).not.toContain('hunter2')
    expect(error.value).toBe(secret)
  })
})

describe('what only looks like a mistake', () => {
  it('is a JSON Schema that was made in another realm, or has no prototype', () => {
    const bare = Object.assign(Object.create(null), { type: 'object' })
    expect(tool({ parameters: bare })).not.toThrow()
    expect(
      tool({ parameters: { type: 'object', properties: { city: { type: 'string', default: null } } } }),
    ).not.toThrow()
    expect(tool({ parameters: z.object({ city: z.string() }) })).not.toThrow()
    expect(tool({ parameters: { type: 'object', properties: { city: z.toJSONSchema(z.string()) } } })).not.toThrow()
  })

  it('is a name of a tenant or a model that reads like a number or a flag', () => {
    expect(() => createLlmOps({ defaultTenant: '42', budget: { limitUsd: { true: 1, '7': 2 } } })).not.toThrow()
  })
})
