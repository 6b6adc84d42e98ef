import { createRateCard } from 'llmops-middleware/pricing'
import { expect, it } from 'vitest'
import { startTestAgent } from '../../test/support/test-agent.ts'
import { readSettings } from '../settings/settings.ts'

const { primary, downshift } = readSettings({}).model

it.each([primary, downshift])('%s, a default, costs what it is billed', async (model) => {
  const agent = await startTestAgent({ PRIMARY_MODEL: model })
  try {
    const response = await agent.chat({ prompt: 'Where is my order ORD-1001?' })
    expect(await response.json()).toMatchObject({ model, costUsd: agent.model.totalCostNanos() / 1e9 })
  } finally {
    await agent.stop()
  }
})

// The local model refuses the same parameters as the families of models do: see `model-refusals.ts`.
it.each([
  ['gpt-5.4-mini', '', 200],
  ['gpt-5.4-mini', 'none', 200],
  ['gpt-5.4-mini', 'low', 502],
  ['gpt-5.4-nano', '', 200],
  ['gpt-5-mini', 'minimal', 200],
  ['gpt-5.6-luna', '', 502],
  ['gpt-5.6-luna', 'none', 200],
  ['gpt-6-luna', 'none', 200],
  ['gpt-4o', '', 200],
])('%s with the reasoning effort "%s" answers a task with tools: %i', async (model, effort, status) => {
  const agent = await startTestAgent({ PRIMARY_MODEL: model, REASONING_EFFORT: effort })
  try {
    for (const stream of [false, true]) {
      expect((await agent.chat({ prompt: 'Where is my order ORD-1001?', stream })).status).toBe(status)
    }
  } finally {
    await agent.stop()
  }
})

it('uses the v1 endpoint, which needs no api-version', async () => {
  const agent = await startTestAgent()
  await agent.chat({ prompt: 'Where is my order ORD-1001?' })
  await agent.stop()
  expect(new Set(agent.model.attempts.map(({ path }) => path))).toEqual(new Set(['/openai/v1/chat/completions']))
})

it('downshifts by default to a model that is cheaper for input and for output', () => {
  const card = createRateCard()
  for (const usage of [
    { inputTokens: 1000, outputTokens: 0 },
    { inputTokens: 0, outputTokens: 1000 },
  ]) {
    expect(card.cost(downshift, usage)).toBeLessThan(card.cost(primary, usage))
  }
})
