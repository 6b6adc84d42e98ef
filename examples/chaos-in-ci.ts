// node --test chaos-in-ci.ts
// Tests how your agent behaves when its model is down, throttled or malformed, in CI: no key, no network.
import assert from 'node:assert/strict'
import { after, test as it } from 'node:test'
import { createLlmOps } from 'llmops-middleware'
import { testModel } from 'llmops-middleware/testing'
import OpenAI from 'openai'

const model = testModel({ script: () => 'Within 30 days.' })
const ops = createLlmOps({ fetch: model.fetch, budget: { limitUsd: 1 }, logger: false })
const openai = new OpenAI({ apiKey: 'none', fetch: ops.fetch, maxRetries: 0 })
after(() => ops.close())

/** Your agent. */
async function answer(question: string): Promise<string> {
  try {
    const { choices } = await ops.task({ tenant: 'contoso', deadlineMs: 5_000 }, () =>
      openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: question }] }),
    )
    return choices[0]?.message.content ?? 'Sorry, I have no answer.'
  } catch {
    return 'Sorry, please ask again later.'
  }
}

it('answers', async () => {
  assert.equal(await answer('How long may I return it?'), 'Within 30 days.')
})

for (const mode of ['outage', 'throttle', 'malformed'] as const) {
  it(`says sorry under ${mode}, and answers again after it`, async () => {
    ops.chaos.set({ mode, probability: 1, ttlMs: 60_000 }) // a fault always ends
    assert.equal(await answer('How long may I return it?'), 'Sorry, please ask again later.')
    ops.chaos.clear()
    assert.equal(await answer('How long may I return it?'), 'Within 30 days.')
  })
}
