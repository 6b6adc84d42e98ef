import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type ModelEndpoint, type ModelEndpointOptions, startModelEndpoint } from 'local-azure/model'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { exampleFiles, installExamples, removeExamples, start } from './installed.ts'

let folder: string
beforeAll(async () => {
  folder = await installExamples()
})
afterAll(() => removeExamples(folder))

async function startModel(options?: ModelEndpointOptions): Promise<ModelEndpoint> {
  const model = await startModelEndpoint(options)
  onTestFinished(() => model.close())
  return model
}

const openAi = (model: ModelEndpoint) => ({ OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `${model.url}/v1` })

/** What an example prints of its budget is what the provider billed, and it billed something. */
function expectBilled(output: string, model: ModelEndpoint): void {
  expect(model.totalCostNanos()).toBeGreaterThan(0)
  expect(output).toContain(`spentUsd: ${model.totalCostNanos() / 1e9}`)
}

/** A server among the examples, on the port that it says it was given. */
async function serve(file: string, env: NodeJS.ProcessEnv) {
  const running = start(folder, file, { ...env, PORT: '0' })
  const [, port] = /^Listening on .*?(\d+)(?: }|$)/m.exec(await running.said('Listening'))!
  return { running, url: `http://127.0.0.1:${port}` }
}

describe('the example', () => {
  it('azure-openai.ts signs in by managed identity, and prices a deployment as its model', async () => {
    const model = await startModel({ deployments: { 'support-prod': 'gpt-4o-mini' } })
    const identity = createServer((request, response) => {
      const resource = new URL(request.url!, 'http://localhost').searchParams.get('resource')
      const expires_on = Math.floor(Date.now() / 1000) + 3600
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'of-the-identity', expires_on, resource, token_type: 'Bearer' }))
    }).listen(0, '127.0.0.1')
    await once(identity, 'listening')
    onTestFinished(() => void identity.close())
    const output = await start(folder, 'azure-openai.ts', {
      AZURE_OPENAI_ENDPOINT: model.url,
      AZURE_OPENAI_DEPLOYMENT: 'support-prod',
      AZURE_OPENAI_MODEL: 'gpt-4o-mini',
      IDENTITY_ENDPOINT: `http://127.0.0.1:${(identity.address() as AddressInfo).port}/msi/token`,
      IDENTITY_HEADER: 'secret',
    }).ended()
    expectBilled(output, model)
  })

  it('ai-sdk-stream.ts streams an answer that used the tool, for who is known', async () => {
    const model = await startModel()
    const { running, url } = await serve('ai-sdk-stream.ts', openAi(model))
    const body = JSON.stringify({ question: 'What is the weather in "Oslo"?' })
    const ask = (headers: Record<string, string>) => fetch(`${url}/api/chat`, { method: 'POST', body, headers })
    expect(await (await ask({ 'x-team': 'contoso' })).text()).toContain('sunny')
    expect(model.attempts).toHaveLength(2)
    expect((await ask({})).status).toBe(401)
    await running.ended('SIGTERM')
  })

  it('openai-agents.ts answers with its tool, and costs what was billed', async () => {
    const model = await startModel()
    const output = await start(folder, 'openai-agents.ts', openAi(model)).ended()
    expect(output).toContain('sunny')
    expectBilled(output, model)
  })

  it('express-chat.ts streams until the user has spent the cap, which leaves other users alone', async () => {
    const model = await startModel()
    const env = { ...openAi(model), ADMIN_TOKEN: 'secret', USER_LIMIT_USD: '0.001', LEDGER: join(folder, 'chat.db') }
    const { running, url } = await serve('express-chat.ts', env)
    const ask = (user: string) =>
      fetch(`${url}/chat`, { method: 'POST', body: 'Hello there', headers: { 'x-user': user } })
    const first = await ask('ada')
    expect([first.status, (await first.text()).length > 0]).toEqual([200, true])
    const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' }
    const account = `${url}/admin/budget/contoso/user/ada`
    await expect
      .poll(async () => ((await (await fetch(account, { headers })).json()) as { spentUsd: number }).spentUsd)
      .toBe(model.totalCostNanos() / 1e9)
    await fetch(account, { method: 'PUT', headers, body: '{"limitUsd":0}' })
    const refused = await ask('ada')
    expect([refused.status, await refused.json()]).toMatchObject([402, { code: 'budget_exceeded' }])
    expect((await ask('bob')).status).toBe(200)
    await running.ended('SIGTERM')
  })

  it('redis-two-processes.ts spends nearly all of the budget and never more', async () => {
    const model = await startModel()
    const env = { ...openAi(model), REDIS_URL: `${inject('redisUrl')}/9` }
    const output = await start(folder, 'redis-two-processes.ts', env).ended()
    expectBilled(output, model)
    expect(output.match(/Process \d+: \d+ answered, \d+ refused\./g)).toHaveLength(2)
    expect(model.totalCostNanos()).toBeLessThanOrEqual(1_000_000)
    expect(model.totalCostNanos()).toBeGreaterThan(500_000)
  })

  it('anthropic.ts streams an answer', async () => {
    const model = await startModel()
    const env = { ANTHROPIC_API_KEY: 'any', ANTHROPIC_BASE_URL: model.url }
    expectBilled(await start(folder, 'anthropic.ts', env).ended(), model)
  })

  it('langchain.ts answers', async () => {
    const model = await startModel()
    expectBilled(await start(folder, 'langchain.ts', openAi(model)).ended(), model)
  })

  it('hono.ts streams to known callers, and reports its health', async () => {
    const model = await startModel()
    const { running, url } = await serve('hono.ts', openAi(model))
    const ask = (headers: Record<string, string>) => fetch(`${url}/chat`, { method: 'POST', body: 'Hello', headers })
    expect(await (await ask({ 'x-team': 'contoso' })).text()).toMatch(/\w/)
    expect((await ask({})).status).toBe(401)
    expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    await running.ended('SIGTERM')
  })

  it('chaos-in-ci.ts passes as a test, without a key', async () => {
    expect(await start(folder, 'chaos-in-ci.ts', {}).ended()).toMatch(/^(# |ℹ )?pass 4$|✔ says sorry under malformed/m)
  })

  it('fastify.ts answers known callers, and validates their requests', async () => {
    const model = await startModel()
    const { running, url } = await serve('fastify.ts', openAi(model))
    const ask = (body: object) => {
      const headers = { 'content-type': 'application/json', 'x-team': 'contoso' }
      return fetch(`${url}/chat`, { method: 'POST', headers, body: JSON.stringify(body) })
    }
    expect(await (await ask({ question: 'Hello' })).json()).toEqual({ answer: expect.stringMatching(/\w/) })
    expect((await ask({ text: 'Hello' })).status).toBe(400)
    await running.ended('SIGTERM')
  })

  it('prometheus.ts shows the SLIs of its task', async () => {
    const model = await startModel()
    const { running, url } = await serve('prometheus.ts', openAi(model))
    const page = await (await fetch(`${url}/metrics`)).text()
    expect(page).toMatch(/^agent_task_success_total\{.*tenant="contoso".*\} 1\b/m)
    expect(page).toMatch(/^agent_cost_usd\w*_total\{/m)
    await running.ended('SIGTERM')
  })
})

describe('every example', () => {
  it('begins with the command that runs it, and is in the table', async () => {
    const table = await readFile(join(import.meta.dirname, '../README.md'), 'utf8')
    const files = await exampleFiles()
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) {
      const [first] = (await readFile(join(import.meta.dirname, '..', file), 'utf8')).split('\n')
      expect(first).toMatch(new RegExp(`^// (\\w+=\\S+ )*node (--test )?${file}\\b`))
      expect(table).toContain(`[\`${file}\`](${file})`)
    }
    expect(table.match(/^\| \[/gm)).toHaveLength(files.length)
  })

  it('is run here', async () => {
    const tests = await readFile(import.meta.filename, 'utf8')
    expect((await exampleFiles()).filter((file) => !tests.includes(`  it('${file} `))).toEqual([])
  })
})
