import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { configureAzureMonitorIfAvailable } from './azure-monitor/index.ts'
import { BudgetBreaker, localShare, memoryLedger } from './budget/index.ts'
import { ChaosController } from './chaos/index.ts'
import { type Check, type Checks, checkValue, required } from './check.ts'
import { type DashboardOptions, dashboardRouter } from './dashboard/index.ts'
import { InvalidOptionError } from './errors.ts'
import { adminRouter, healthRouter, problemHandler, taskMiddleware } from './express/index.ts'
import { redisLedger } from './ledger/redis/redis-ledger.ts'
import { sqliteLedger } from './ledger/sqlite/sqlite-ledger.ts'
import { createLlmOps } from './llmops.ts'
import { mcpRouter } from './mcp/index.ts'
import { FakeServer, listed } from './mcp-tools/fixtures/fake-server.ts'
import { createRateCard } from './pricing/index.ts'
import { retryWithRepair } from './repair/index.ts'
import { redisBreakerBus } from './route/redis-breaker-bus.ts'
import { createSli, observeModel } from './sli/index.ts'
import { matchers, testModel, watch } from './testing/index.ts'
import { toolFallbackChain } from './tool/fallback.ts'
import { pooledFetch } from './transport/index.ts'
import { governed } from './web/index.ts'

const redis = new Redis({ lazyConnect: true })
afterAll(() => redis.disconnect())

const ops = createLlmOps({ budget: { limitUsd: 1 } })
const watchedOps = watch(createLlmOps())
const mcpServer = new FakeServer(listed('any'))
const tokenPrice = { inputUsdPerMillion: 1, outputUsdPerMillion: 1 }
const price = { ...tokenPrice, longInput: [{ ...tokenPrice, aboveInputTokens: 1 }] }
const scope = { scope: 'user', limitUsd: 1 }
const target = { name: 'one', model: 'gpt-4o' }
const toolOptions = { name: 'look', description: 'Looks.', parameters: {}, run: () => 1 }
const lookUp = ops.tool({ ...toolOptions, parameters: { type: 'object' } })
const format = {
  name: 'own',
  operation: 'chat',
  maxRequestBytes: 1,
  ...Object.fromEntries(
    ['recognises', 'provider', 'read', 'write', 'readAnswer', 'streamReader', 'errorBody'].map((name) => [
      name,
      () => {},
    ]),
  ),
}

type Checked = {
  /** Calls the public function with the options. */
  readonly call: (options: never) => unknown
  /** Options that are accepted, with whatever is required at any depth. */
  readonly valid?: object
  /** Where the user wrote the options. */
  readonly path?: string
}

/** The public function of each table of checks, by the name of the table. Nested tables are tested with the outer one. */
const FUNCTIONS: Readonly<Record<string, Checked>> = {
  LLM_OPS_OPTIONS: {
    call: (options) => createLlmOps(options),
    valid: {
      budget: { limitUsd: 1, scopes: [scope], downshift: { to: {} } },
      route: { targets: [target] },
      rateCard: { overrides: { any: price } },
      formats: [format],
    },
  },
  CLOSE_OPTIONS: { call: (options) => createLlmOps().close(options) },
  BUDGET_OPTIONS: {
    call: (options) => new BudgetBreaker(options),
    valid: { limitUsd: 1, scopes: [scope], downshift: { to: {} } },
  },
  RESERVE_CALL: {
    call: (call) => ops.budget.reserve(call),
    valid: { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1 },
  },
  ACCOUNT_SCOPE: {
    call: (account) => ops.budget.read('contoso', account),
    valid: { name: 'user', id: 'ada' },
    path: 'scope',
  },
  CHARGE: {
    call: (charge) => ops.budget.charge(charge),
    valid: { tenant: 'contoso', usd: 0, reason: 'web search' },
  },
  LIMIT_OVERRIDE: {
    call: (override) => ops.budget.setLimit(override),
    valid: { tenant: 'contoso', limitUsd: 1, scope: { name: 'user', id: 'ada' } },
  },
  MEMORY_LEDGER_OPTIONS: { call: (options) => memoryLedger(options) },
  SQLITE_LEDGER_OPTIONS: { call: (options) => sqliteLedger(':memory:', options) },
  REDIS_LEDGER_OPTIONS: { call: (options) => redisLedger(redis, options) },
  LOCAL_SHARE_OPTIONS: { call: (options) => localShare(memoryLedger(), options), path: 'localShare' },
  OBSERVE_OPTIONS: { call: (options) => observeModel(createSli(), options) },
  RATE_CARD_OPTIONS: { call: (options) => createRateCard(options), valid: { overrides: { any: price } } },
  SLI_OPTIONS: { call: (options) => createSli(options) },
  CHAOS_CONTROLLER_OPTIONS: { call: (options) => new ChaosController(options) },
  CHAOS_SETTINGS: { call: (settings) => new ChaosController().set(settings), valid: { mode: 'outage' } },
  ROUTE_OPTIONS: {
    call: (route) => createLlmOps({ route }),
    valid: { targets: [target] },
    path: 'route',
  },
  REDIS_BREAKER_BUS_OPTIONS: { call: (options) => redisBreakerBus(redis, options) },
  TASK_OPTIONS: { call: (options) => ops.task(options, () => {}), valid: { tenant: 'contoso' } },
  PAYER: { call: (payer) => ops.fetchAs(payer), valid: { tenant: 'contoso' } },
  TOOL_OPTIONS: {
    call: (options) => ops.tool(options),
    valid: { ...toolOptions, costUsd: { atMost: 1, of: () => 1 } },
  },
  CALL_OPTIONS: { call: (options) => lookUp.call({}, options) },
  FALLBACK_OPTIONS: { call: (options) => toolFallbackChain([() => 1], {}, options) },
  REPAIR_OPTIONS: {
    call: (options) => retryWithRepair(() => 1, {}, options),
    valid: { schema: { type: 'object' } },
  },
  POOLED_FETCH_OPTIONS: { call: (options) => pooledFetch(options) },
  AZURE_MONITOR_OPTIONS: { call: (options) => configureAzureMonitorIfAvailable(options) },
  ADMIN_OPTIONS: { call: (options) => adminRouter(options), valid: { token: 'secret' } },
  DASHBOARD_OPTIONS: {
    call: (options) => dashboardRouter(options as DashboardOptions).close(),
    valid: { ops, links: { head: [{ label: 'Traces', href: '/' }] } },
  },
  HEALTH_OPTIONS: { call: (options) => healthRouter(options) },
  GOVERNED_OPTIONS: {
    call: (options) => governed(options, () => new Response()),
    valid: { ops, tenant: () => 'contoso' },
  },
  FAILURE_OPTIONS: { call: (options) => problemHandler(options) },
  MCP_ROUTER_OPTIONS: {
    call: (options) => mcpRouter(options),
    valid: {
      ops,
      tools: [lookUp],
      tenant: () => 'contoso',
      serverInfo: { name: 'shop', version: '1.0.0' },
      allowedHosts: ['localhost'],
    },
  },
  MCP_TOOLS_OPTIONS: {
    call: (options) => ops.mcpTools(mcpServer.client, options),
    valid: { costUsd: { atMost: 1, of: () => 1 }, costs: { any: { atMost: 1, of: () => 1 } } },
  },
  TEST_MODEL_OPTIONS: {
    call: (options) => testModel(options),
    valid: { script: [{ toolCalls: [{ name: 'look' }], fault: { status: 429 } }] },
  },
  EXPECTED_SPEND: { call: (expected) => matchers.toHaveSpent(watchedOps, expected), valid: { usd: 1 } },
  EXPECTED_DECISION: { call: (expected) => matchers.toHaveDecided(watchedOps, 'block', expected) },
  EXPECTED_TOOL_CALLS: { call: (expected) => matchers.toHaveCalledTool(watchedOps, 'look', expected) },
  EXPECTED_FAILURE: { call: (expected) => matchers.toHaveFailed(watchedOps, expected) },
  REQUEST_TASK_OPTIONS: { call: (options) => taskMiddleware(options), valid: { ops, tenant: () => 'contoso' } },
}

/** One value of each type that JavaScript has. */
const VALUES = [5, 5n, Number.NaN, -1, 'text', '', true, null, Symbol('s'), [], [5], {}, new Map(), new Date(), () => 5]

type Refusal = { readonly path: string; readonly options: unknown; readonly of: 'misspelt' | 'type' }

/** What a public function must refuse: each key misspelt, each value of a wrong type, at every depth. */
function* refusals(check: Check, valid: unknown, path: string, wrap: (value: unknown) => unknown): Generator<Refusal> {
  for (const value of VALUES.filter((value) => isRefused(value, check, path))) {
    yield { path, options: wrap(value), of: 'type' }
  }
  for (const kind of check.kinds ?? []) yield* inside(kind, valid, path, wrap)
  yield* inside(check, valid, path, wrap)
}

function* inside(check: Check, valid: unknown, path: string, wrap: (value: unknown) => unknown): Generator<Refusal> {
  const { options, members, each } = check
  if (options || members) yield* keys((options ?? members)!, members === undefined, valid ?? {}, path, wrap)
  if (!each) return
  // Else it is a map, whose keys are names of the user's own.
  const isList = !check.is({})
  const first = isList ? (valid as unknown[] | undefined)?.[0] : (valid as { any?: unknown } | undefined)?.any
  const within = isList ? `${path}[0]` : `${path}['any']`
  yield* refusals(required(each), first, within, (value) => wrap(isList ? [value] : { any: value }))
}

function* keys(
  checks: Checks,
  isClosed: boolean,
  valid: object,
  path: string,
  wrap: (value: unknown) => unknown,
): Generator<Refusal> {
  for (const [name, check] of Object.entries(checks)) {
    const at = (name: string) => (path === '' ? name : `${path}.${name}`)
    const misspelt = `${name.slice(0, -1)}x${name.at(-1)}`
    if (isClosed) yield { path: at(misspelt), options: wrap({ ...valid, [misspelt]: 1 }), of: 'misspelt' }
    const given = (valid as Record<string, unknown>)[name]
    yield* refusals(check, given, at(name), (value) => wrap({ ...valid, [name]: value }))
  }
}

function isRefused(value: unknown, check: Check, path: string): boolean {
  try {
    checkValue(value, required(check), path)
    return false
  } catch {
    return true
  }
}

async function refusedBy({ call }: Checked, options: unknown): Promise<InvalidOptionError> {
  try {
    await call(options as never)
  } catch (error) {
    if (error instanceof InvalidOptionError) return error
    throw error
  }
  throw new Error('It was accepted.')
}

const isCheck = (value: unknown): value is Check =>
  typeof value === 'object' && value !== null && 'accepts' in value && 'is' in value

const isTable = (value: unknown): value is Checks =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0 && Object.values(value).every(isCheck)

/** Every table of checks that a file of the package exports, by name. */
async function exportedTables(): Promise<ReadonlyMap<string, Checks>> {
  const tables = new Map<string, Checks>()
  for (const file of await sources()) {
    const exported: Record<string, unknown> = await import(file)
    for (const [name, value] of Object.entries(exported)) if (isTable(value)) tables.set(name, value)
  }
  return tables
}

async function sources(): Promise<string[]> {
  const files = await readdir(import.meta.dirname, { recursive: true })
  return (
    files
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('fixtures'))
      // Programs: to import one is to run it.
      .filter((file) => ![join('cli', 'main.ts'), join('register', 'main.ts')].includes(file))
      .map((file) => join(import.meta.dirname, file))
  )
}

const tables = await exportedTables()

describe('every public function', () => {
  it('has its options checked by a table that is tested here', async () => {
    const texts = await Promise.all((await sources()).map((file) => readFile(file, 'utf8')))
    const checked = texts.flatMap((text) =>
      [...text.matchAll(/checkOptions\(\w+, ([A-Z_]+)/g)].map(([, name]) => name!),
    )
    expect(checked.length).toBeGreaterThan(20)
    // The body of a request, which is refused by a response.
    const isOfRequest = (name: string) => name === 'LIMIT_CHANGE'
    const functions = [...new Set(checked)].filter((name) => !isOfRequest(name))
    expect(functions.toSorted()).toEqual(Object.keys(FUNCTIONS).toSorted())
  })

  describe.each(Object.entries(FUNCTIONS))('%s', (name, checked) => {
    const { valid = {}, path = '' } = checked
    const all = [...keys(tables.get(name)!, true, valid, path, (options) => options)]

    it('refuses each key misspelt, at its path, and says which was meant', async () => {
      for (const { path, options } of all.filter(({ of }) => of === 'misspelt')) {
        const { option, message } = await refusedBy(checked, options)
        expect([option, message]).toEqual([path, expect.stringMatching(/is not an option.*Did you mean/)])
      }
    })

    it('refuses each value of a wrong type, at its path, and says what it must be', async () => {
      for (const { path, options } of all.filter(({ of }) => of === 'type')) {
        const { option, message } = await refusedBy(checked, options)
        expect([option.startsWith(path), message], path).toEqual([true, expect.stringMatching(/must be/)])
      }
    })

    it.each([[5], ['text'], [null], [[]], [new Map()], [() => {}]])(
      'refuses %o in the place of its options',
      async (options) => {
        expect((await refusedBy(checked, options)).message).toMatch(/an object of options/)
      },
    )
  })
})

describe('no option', () => {
  it('accepts values of nearly any type, save what others define', () => {
    const lax: string[] = []
    for (const [name, checks] of tables) {
      for (const [option, check] of Object.entries(checks)) {
        if (VALUES.filter((value) => isRefused(value, check, option)).length < 4) lax.push(`${name}.${option}`)
      }
    }
    expect(lax.toSorted()).toEqual(['REPAIR_OPTIONS.schema', 'TOOL_OPTIONS.output', 'TOOL_OPTIONS.parameters'])
  })
})
