// What callers can do to a good release, with the real agent in both slots: none of it must cause a swap.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { swaps } from '../../test/support/alerts.ts'
import {
  type AgentPlatform,
  calledFor,
  deployed,
  firedForHealer,
  MODELS,
  startAgentPlatform,
  wasHealed,
} from '../../test/support/start-agent-platform.ts'

const QUESTION = 'Where is my order ORD-1001?'

// A test deletes a model deployment by removing it from here.
const deployments = deployed()

let platform: AgentPlatform
beforeAll(async () => {
  platform = await startAgentPlatform({
    // Slow enough that a tab can be closed during an answer.
    model: { tokensPerSecond: 1500, deployments },
    // No synthetic tasks, whose samples would hide those of the callers.
    v2: { SYNTHETIC_EVERY_MS: '0', BUDGET_USD_PER_TENANT: '0.2' },
  })
  await platform.promote()
  // Then the window of every rule begins after the swap.
  await platform.pass(7)
}, 300_000)
afterAll(() => platform.close())

it.each<[string, () => Promise<void>]>([
  ['14 closed tabs', () => repeat(14, closedTab)],
  ['10 greetings', () => repeat(10, greeting)],
  ['10 questions for an order without its number', () => repeat(10, unnamedOrder)],
  ['10 bodies with a wrong encoding', () => repeat(10, brokenBody)],
  ['a tenant that retries after its budget is spent', overBudget],
])('%s cause no swap and call no person', { timeout: 300_000 }, async (_, happens) => {
  await happens()
  // Longer than the window of the healer's rules plus the delay of their metrics.
  await platform.pass(7)
  expect([...firedForHealer(platform), ...calledFor(platform)]).toEqual([])
  expect([await platform.release(), swaps(platform)]).toEqual(['v2', 1])
})

it('their twin, 12 requests after the deployment of the release was deleted, is healed', {
  timeout: 300_000,
}, async () => {
  delete deployments[MODELS.v2]
  await repeat(12, async (index) => {
    await (await platform.chat(QUESTION, { tenant: `customer-${index}` })).text()
  })
  await platform.until(() => wasHealed(platform))
  // Which rule fires first is up to the minute in which the failures came.
  expect(firedForHealer(platform)).not.toEqual([])
  expect([await platform.release(), swaps(platform)]).toEqual(['v1', 2])
})

async function closedTab(index: number): Promise<void> {
  const tab = new AbortController()
  const asked = platform.model.attempts.length
  const answer = platform.chat(QUESTION, { tenant: `tab-${index}`, signal: tab.signal }).catch(() => 'closed')
  await vi.waitUntil(() => platform.model.attempts.length > asked, { interval: 1, timeout: 60_000 })
  tab.abort()
  expect(await answer).toBe('closed')
}

async function greeting(index: number): Promise<void> {
  expect((await platform.chat('Hello!', { tenant: `guest-${index}` })).status).toBe(200)
}

async function unnamedOrder(index: number): Promise<void> {
  const response = await platform.chat('Where is my order?', { tenant: `shopper-${index}` })
  expect(await response.text()).toContain('order number')
}

async function brokenBody(index: number): Promise<void> {
  const isCut = index % 2 === 0
  const response = await fetch(`${platform.productionUrl}/chat`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-encoding': isCut ? 'gzip' : ['br', 'deflate', 'zstd'][index % 3]!,
    },
    body: isCut ? gzipSync('{"prompt":"Where is my order?"}').subarray(0, 20) : 'x',
  })
  expect(response.status).toBe(400)
}

/** Sends requests until the budget is spent, and then 12 more. */
async function overBudget(): Promise<void> {
  for (let refused = 0; refused < 12; ) {
    const response = await platform.chat(QUESTION, { tenant: 'fabrikam' })
    await response.text()
    expect([200, 402]).toContain(response.status)
    if (response.status === 402) refused++
  }
}

async function repeat(times: number, once: (index: number) => Promise<void>): Promise<void> {
  for (let index = 0; index < times; index++) await once(index)
}
