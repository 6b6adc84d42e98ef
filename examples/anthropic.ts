// ANTHROPIC_API_KEY=… node anthropic.ts
// Anthropic's SDK, streamed: the budget, the deadline and the telemetry are those of every other SDK.
import Anthropic from '@anthropic-ai/sdk'
import { createLlmOps } from 'llmops-middleware'

const ops = createLlmOps({ budget: { limitUsd: 50, period: 'month' } })
const anthropic = new Anthropic({ fetch: ops.fetch })

await ops.task({ tenant: 'contoso', deadlineMs: 60_000 }, async () => {
  const stream = anthropic.messages.stream({
    model: 'claude-haiku-4-5',
    max_tokens: 300,
    messages: [{ role: 'user', content: 'What is a spend cap, in one sentence?' }],
  })
  stream.on('text', (text) => process.stdout.write(text))
  await stream.finalMessage()
})
console.log('\n', await ops.budget.read('contoso'))
await ops.close()
