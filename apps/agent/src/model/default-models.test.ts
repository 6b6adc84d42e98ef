import { createRateCard } from 'llmops-middleware/pricing'
import { expect, it } from 'vitest'
import { startTestAgent } from '../../test/test-agent.ts'
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

it('downshifts by default to a model that is cheaper for input and for output', () => {
  const card = createRateCard()
  for (const usage of [
    { inputTokens: 1000, outputTokens: 0 },
    { inputTokens: 0, outputTokens: 1000 },
  ]) {
    expect(card.cost(downshift, usage)).toBeLessThan(card.cost(primary, usage))
  }
})
