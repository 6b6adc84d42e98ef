import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { BudgetOptions } from '../budget/index.ts'
import { createLlmOps } from '../llmops.ts'
import { createRateCard } from '../pricing/index.ts'

/** A governed fetch whose calls reach a provider on loopback, which gives these answers in turn. */
async function asking(
  answers: readonly (readonly [status: number, body: object])[],
  { budget, ...answer }: { budget?: Partial<BudgetOptions> } = {},
) {
  let calls = 0
  const server = createServer((request, response) => {
    const [status, body] = answers[Math.min(calls++, answers.length - 1)]!
    request.resume()
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const provider = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  let heldUsd = 0
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 100, ...budget },
    async fetch(_, init) {
      heldUsd = (await ops.budget.read('contoso')).heldUsd
      return await fetch(provider, init)
    },
    ...answer,
  })
  return {
    ask: async (url: string, model: string) => {
      const body = JSON.stringify({ model, messages, max_tokens: 1000 })
      const response = await ops.fetch(url, { method: 'POST', body })
      return { status: response.status, body: await response.json() }
    },
    async spent() {
      await ops.budget.drain()
      const { spentUsd, unknownUsd } = await ops.budget.read('contoso')
      return { spentUsd, unknownUsd, heldUsd }
    },
  }
}

const messages = [{ role: 'user', content: 'Hello. '.repeat(200) }]
const AZURE = 'https://contoso.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21'
const XAI = 'https://api.x.ai/v1/chat/completions'
const OPENAI = 'https://api.openai.com/v1/chat/completions'
const filtered = { error: { code: 'content_filter', message: 'The response was filtered', status: 400 } }
const tooLong = { error: { code: 'context_length_exceeded', message: 'This model has a maximum context length.' } }
const guidelines = { code: 'permission-denied', error: 'Content violates usage guidelines.' }
const answered = {
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 400, completion_tokens: 1, total_tokens: 401 },
}

describe('an error that its seller bills', () => {
  it.each([
    ['a filtered prompt', filtered],
    ['a prompt that is too long', tooLong],
  ])('of Azure is charged its input, as answered calls were counted: %s', async (_, error) => {
    const { ask, spent } = await asking([
      [200, answered],
      [400, error],
    ])
    await ask(AZURE, 'gpt-4o')
    const before = await spent()
    expect(await ask(AZURE, 'gpt-4o')).toEqual({ status: 400, body: error })
    const after = await spent()
    expect(after.spentUsd - before.spentUsd).toBeCloseTo(
      createRateCard().cost('gpt-4o', { inputTokens: 400, outputTokens: 0 }),
      9,
    )
    expect(after.unknownUsd).toBeCloseTo(after.spentUsd - before.spentUsd, 9)
  })

  it('of Azure is charged no output where cut answers are charged whole', async () => {
    const { ask, spent } = await asking([[400, filtered]], {
      budget: { cutStream: 'charge', unknownOutcome: 'charge' },
    })
    await ask(AZURE, 'gpt-4o')
    const { spentUsd, heldUsd } = await spent()
    expect(spentUsd).toBeGreaterThan(0)
    expect(spentUsd).toBeCloseTo(heldUsd - 0.01, 9)
  })

  it('of Azure that gave up on the call has an unknown cost', async () => {
    const { ask, spent } = await asking([[408, { error: { code: 'Timeout', message: 'Timed out.' } }]])
    await ask(AZURE, 'gpt-4o')
    const { spentUsd, unknownUsd, heldUsd } = await spent()
    expect([spentUsd, unknownUsd]).toEqual([heldUsd, heldUsd])
  })

  it('of xAI for its guidelines is charged its fee', async () => {
    const { ask, spent } = await asking([[403, guidelines]])
    expect((await ask(XAI, 'grok-4')).status).toBe(403)
    expect(await spent()).toMatchObject({ spentUsd: 0.05, unknownUsd: 0 })
  })
})

it.each([
  ['a filter of another seller', OPENAI, 'gpt-4o', 400, filtered],
  ['a mistake in a request to Azure', AZURE, 'gpt-4o', 400, { error: { code: 'invalid_value', message: 'No.' } }],
  ['a limit of rate of Azure', AZURE, 'gpt-4o', 429, { error: { code: '429', message: 'Slow down.' } }],
  ['a key that xAI does not know', XAI, 'grok-4', 403, { code: 'permission-denied', error: 'No such key.' }],
  ['a timeout of another seller', OPENAI, 'gpt-4o', 408, {}],
] as const)('%s costs nothing', async (_, url, model, status, error) => {
  const { ask, spent } = await asking([[status, error]])
  expect((await ask(url, model)).status).toBe(status)
  expect(await spent()).toMatchObject({ spentUsd: 0, unknownUsd: 0 })
})
