import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sourceArguments } from 'command-line/source-arguments'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { BudgetBreaker } from '../../src/budget/index.ts'
import { redisLedger } from '../../src/ledger/redis/redis-ledger.ts'
import { startTelemetry } from '../../src/register/telemetry.ts'
import { type App, type AppOptions, ownEnvironment, REGISTER, startApp } from './governed-app.ts'
import { type Provider, startProvider, USD } from './provider.ts'

const CALL_USD = USD['gpt-4o-mini']

let provider: Provider
let empty: string
beforeAll(async () => {
  provider = await startProvider()
  empty = await mkdtemp(join(tmpdir(), 'register-'))
})
afterAll(async () => {
  provider.close()
  await rm(empty, { recursive: true })
})

/** An app of its own for each test, with a limit of one dollar. */
async function withApp<T>(options: Partial<AppOptions>, act: (app: App) => Promise<T>): Promise<T> {
  const env = { PROVIDER: provider.url, LLMOPS_LIMIT_USD: '1', ...options.env }
  const app = await startApp({ kind: 'esm.mjs', ...options, env })
  try {
    return await act(app)
  } finally {
    expect(await app.end()).toBe(0)
  }
}

/** Runs a program of one line under the register, as `node` does at its end. */
async function runLine(line: string, env: Record<string, string> = {}) {
  const given = [...sourceArguments(), '--disable-warning=ExperimentalWarning', '--import', REGISTER, '--eval', line]
  const run = promisify(execFile)(process.execPath, given, { cwd: empty, env: { ...ownEnvironment(), ...env } })
  const { stdout, stderr, code = 0 } = await run.catch((error) => error)
  return { stdout: stdout as string, stderr: stderr as string, code: code as number }
}

const warnings = (stderr: string) => stderr.match(/UngovernedCallWarning: .*/g) ?? []

describe('an app under the register', () => {
  it('sends and gets what it would without it, where no model is asked', async () => {
    const governed = await withApp({}, (app) => app.ask('plain'))
    const bare = await withApp({ imports: [] }, (app) => app.ask('plain'))
    expect(governed).toEqual(bare)
    expect(governed.body).toMatchObject({ status: 200, text: 'hello', own: 'kept' })
  })

  it('may replace the global fetch, is warned once, and stays governed where it calls the one of before', async () => {
    await withApp({ env: { LLMOPS_LIMIT_USD: '0' } }, async (app) => {
      await app.ask('replaced')
      await app.ask('nothing')
      await app.ask('nothing')
      expect(await app.ask('openai')).toMatchObject({ status: 502, body: { status: 402 } })
      expect(warnings(app.stderr)).toEqual([expect.stringContaining('globalThis.fetch was replaced')])
    })
  })

  it('reports each way around it, once, by host and path; what no format can price is refused', async () => {
    await withApp({}, async (app) => {
      expect((await app.ask('cohere')).body).toMatchObject({ status: 400, error: { code: 'ungoverned_request' } })
      for (const call of ['axios', 'axios', 'undici', 'undici', 'openai']) {
        expect((await app.ask(call)).status).toBe(200)
      }
      const host = new URL(provider.url).host
      expect(warnings(app.stderr)).toEqual([
        expect.stringContaining(`POST ${host}/v1/chat/completions is not governed`),
      ])
    })
  })

  it('governs itself where it does already, and is neither charged twice nor warned', async () => {
    await withApp({ env: { LLMOPS_LIMIT_USD: '0' } }, async (app) => {
      expect((await app.ask('own')).body).toMatchObject({ spentUsd: CALL_USD })
      expect(await app.ask('openai')).toMatchObject({ status: 502, body: { status: 402 } })
      expect(warnings(app.stderr)).toEqual([])
    })
  })

  it('is governed once by two copies', async () => {
    const url = `file://${REGISTER}`
    // $0.00021 and $0.00021 fit, and a third does not fit with what it could cost.
    await withApp({ imports: [url, `${url}?second`], env: { LLMOPS_LIMIT_USD: '0.0006' } }, async (app) => {
      expect((await app.ask('openai')).status).toBe(200)
      expect((await app.ask('openai')).status).toBe(200)
      expect(app.stderr).toMatch(/already governed, by version \d/)
      expect(app.stderr.match(/governs globalThis.fetch/g)).toHaveLength(1)
    })
  })

  it('governs its worker threads too', async () => {
    await withApp({ env: { LLMOPS_LIMIT_USD: '0' } }, async (app) => {
      expect((await app.ask('worker')).body).toEqual({ status: 402 })
      // Said once, by the process.
      expect(app.stderr.match(/governs globalThis.fetch/g)).toHaveLength(1)
    })
  })
})

describe('the ledger in Redis', () => {
  it('is shared, and lets the app end by itself, with everything counted', async () => {
    const url = `${inject('redisUrl')}`
    const env = { LLMOPS_LEDGER: url, LLMOPS_TENANT: `register-${Date.now()}` }
    await withApp({ env }, (app) => app.ask('openai'))
    await withApp({ env, kind: 'commonjs.cjs' }, (app) => app.ask('openai'))
    const redis = new Redis(url)
    const budget = new BudgetBreaker({ limitUsd: 1, ledger: redisLedger(redis, { timeoutMs: 30_000 }) })
    expect(await budget.read(env.LLMOPS_TENANT)).toMatchObject({ spentUsd: 2 * CALL_USD, heldUsd: 0 })
    redis.disconnect()
  })

  it('that does not answer refuses calls, and keeps no app from ending', async () => {
    await withApp({ env: { LLMOPS_LEDGER: 'redis://127.0.0.1:1' } }, async (app) => {
      expect(app.stderr).toContain('ledger redis://127.0.0.1:1;')
      expect(await app.ask('openai')).toMatchObject({ status: 502, body: { status: 503 } })
    })
  })
})

describe('at its start', () => {
  it('an app with settings that cannot be used does not run, and every one is named', async () => {
    const env = { LLMOPS_LIMIT_USD: 'fifty', LLMOPS_PERIOD: 'year', LLMOPS_TENNANT: 'me' }
    const { stdout, stderr, code } = await runLine('console.log("ran")', env)
    expect([stdout, code]).toEqual(['', 1])
    expect(stderr).toMatch(/was not started/)
    for (const name of Object.keys(env)) expect(stderr).toContain(`\`${name}\``)
  })

  it.each([
    ['a file that cannot be opened', { LLMOPS_LEDGER: 'sqlite:/dev/null/ledger.db' }, /\/dev\/null/],
    ['Redis without its client', { LLMOPS_LEDGER: 'redis://user:secret@localhost:1' }, /npm install ioredis/],
    ['a cheaper model that has no price', { LLMOPS_DOWNSHIFT_TO: 'gpt-4o=mine' }, /mine/],
  ])('it does not run with %s', async (_, env, problem) => {
    const { stdout, stderr, code } = await runLine('console.log("ran")', { LLMOPS_LIMIT_USD: '1', ...env })
    expect([stdout, code]).toEqual(['', 1])
    expect(stderr).toMatch(problem)
    expect(stderr).not.toContain('secret')
  })

  it('says in one line what is governed, by whom it is paid and what is not', async () => {
    const { stderr, stdout } = await runLine('console.log("ran")', {
      LLMOPS_LIMIT_USD: '50',
      LLMOPS_TENANT_HEADER: 'x-t',
    })
    expect(stdout).toBe('ran\n')
    expect(stderr.trim()).toBe(
      'llmops: governs globalThis.fetch; $50 a tenant and month, ledger memory of this process; ' +
        'tenant by header x-t, trusted as it comes, else refused. ' +
        'Not governed: node:http, WebSockets, clients with a fetch of their own. ' +
        'Telemetry: nowhere, until the app starts OpenTelemetry ' +
        '(set OTEL_EXPORTER_OTLP_ENDPOINT or APPLICATIONINSIGHTS_CONNECTION_STRING).',
    )
  })

  it('says that there is no limit, and which clients that it does not govern are installed', async () => {
    await withApp({ env: { LLMOPS_LIMIT_USD: '' } }, async (app) => {
      expect(app.stderr).toMatch(/no limit, .* \(set LLMOPS_LIMIT_USD\)/)
      expect(app.stderr).toMatch(/Not governed: axios, .*undici.* \(installed\)/)
      expect((await app.ask('openai')).status).toBe(200)
    })
  })

  it.each([
    ['OTEL_SDK_DISABLED is set', { OTEL_SDK_DISABLED: 'true' }],
    ['OTEL_EXPORTER_OTLP_ENDPOINT is set, and @opentelemetry/sdk-node is not installed', {}],
  ])('says that telemetry goes nowhere: %s', async (why, variables) => {
    const asked = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:1', ...variables }
    const { goesTo } = await startTelemetry('auto', asked, { has: () => false } as never)
    expect(goesTo).toBe(`nowhere: ${why}`)
  })
})

describe('the exporters of the standard variables', () => {
  it('send the metrics and the spans of the app before it ends', async () => {
    const sent: { path: string; text: string }[] = []
    const collector = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      sent.push({ path: request.url!, text: Buffer.concat(chunks).toString() })
      response.setHeader('content-type', 'application/json').end('{}')
    }).listen(0, '127.0.0.1')
    await once(collector, 'listening')
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      LLMOPS_TENANT: 'seen',
    }
    await withApp({ env }, async (app) => {
      expect(app.stderr).toContain('Telemetry: @opentelemetry/sdk-node, by OTEL_EXPORTER_OTLP_ENDPOINT')
      await app.ask('three')
      await app.ask('axios')
    })
    collector.close()
    const textOf = (path: string) =>
      sent
        .filter((each) => each.path === path)
        .map(({ text }) => text)
        .join('')
    for (const name of ['agent.cost.usd', 'agent.task.success', 'agent.model.ungoverned', 'seen']) {
      expect(textOf('/v1/metrics')).toContain(name)
    }
    const spans = textOf('/v1/traces')
    expect(spans.match(/"name":"invoke_agent agent"/g)).toHaveLength(1)
    expect(spans.match(/"name":"chat gpt-4o-mini"/g)).toHaveLength(3)
  })
})
