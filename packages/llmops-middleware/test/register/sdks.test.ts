import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BudgetBreaker } from '../../src/budget/index.ts'
import { sqliteLedger } from '../../src/ledger/sqlite/sqlite-ledger.ts'
import { type App, startApp } from './governed-app.ts'
import { type Provider, startProvider, USD } from './provider.ts'

/** What one call of each SDK costs. */
const SDKS = {
  openai: USD['gpt-4o-mini'],
  'openai-stream': USD['gpt-4o-mini'],
  'openai-responses': USD['gpt-4o-mini'],
  azure: USD['gpt-4o-mini'],
  anthropic: USD['claude-haiku-4-5'],
  groq: USD['llama-3.1-8b-instant'],
  'openai-agents': USD['gpt-4o-mini'],
  'ai-sdk-openai': USD['gpt-4o-mini'],
  'ai-sdk-anthropic': USD['claude-haiku-4-5'],
  'ai-sdk-mistral': USD['mistral-small-latest'],
  'ai-sdk-compatible': USD['gpt-4o-mini'],
  'ai-sdk-stream': USD['gpt-4o-mini'],
  langchain: USD['gpt-4o-mini'],
  langgraph: USD['gpt-4o-mini'],
  google: USD['gemini-2.5-flash'],
  mistral: USD['mistral-small-latest'],
}

/** The Node that runs this, and another one if its path is given. */
const NODES = [process.execPath, ...(process.env['OTHER_NODE'] ? [process.env['OTHER_NODE']] : [])]
const APPS = NODES.flatMap((node) => (['esm.mjs', 'commonjs.cjs'] as const).map((kind) => ({ node, kind })))

let provider: Provider
let folder: string
beforeAll(async () => {
  provider = await startProvider()
  folder = await mkdtemp(join(tmpdir(), 'register-'))
})
afterAll(async () => {
  provider.close()
  await rm(folder, { recursive: true })
})

function environment(file: string): Record<string, string> {
  return {
    PROVIDER: provider.url,
    OPENAI_API_KEY: 'any',
    OPENAI_AGENTS_DISABLE_TRACING: '1',
    LLMOPS_LIMIT_USD: 'poor=0.000001,*=1',
    LLMOPS_TENANT_HEADER: 'x-tenant',
    LLMOPS_LEDGER: `sqlite:${join(folder, file)}`,
  }
}

async function spentOf(file: string, tenants: readonly string[]): Promise<Record<string, number>> {
  const ledger = sqliteLedger(join(folder, file))
  const budget = new BudgetBreaker({ limitUsd: 1, ledger })
  const spent = await Promise.all(tenants.map(async (tenant) => [tenant, (await budget.read(tenant)).spentUsd]))
  await ledger.close?.()
  return Object.fromEntries(spent)
}

describe.each(APPS)('an unchanged app ($kind, $node)', ({ node, kind }) => {
  const file = `${kind}-${NODES.indexOf(node)}.db`
  let app: App
  beforeAll(async () => {
    app = await startApp({ node, kind, env: { ...environment(file), SDKS: 'all' } })
  })

  it.each(Object.keys(SDKS))('gets its answer by %s, and pays for it', async (sdk) => {
    expect(await app.ask(sdk, { 'x-tenant': sdk })).toEqual({ status: 200, body: 'Hello!' })
  })

  it.each(Object.keys(SDKS))('is refused by its budget through %s, before the provider is asked', async (sdk) => {
    const asked = provider.asked.length
    const { status, body } = await app.ask(sdk, { 'x-tenant': 'poor' })
    expect(provider.asked.slice(asked)).toEqual([])
    expect([status, body.status ?? body.message]).toEqual([
      502,
      sdk === 'ai-sdk-stream' ? expect.stringContaining('No output') : 402,
    ])
  })

  it('is charged what each call cost, to the tenant of its request, once it has ended', async () => {
    expect(await app.end()).toBe(0)
    expect(await spentOf(file, [...Object.keys(SDKS), 'poor'])).toEqual({ ...SDKS, poor: 0 })
  })
})

describe('the same app without the register', () => {
  it('is not governed', async () => {
    const app = await startApp({ kind: 'esm.mjs', imports: [], env: environment('without.db') })
    const asked = provider.asked.length
    expect(await app.ask('openai', { 'x-tenant': 'poor' })).toEqual({ status: 200, body: 'Hello!' })
    expect(provider.asked.length).toBe(asked + 1)
    await app.end()
    expect(await spentOf('without.db', ['poor'])).toEqual({ poor: 0 })
  })
})
