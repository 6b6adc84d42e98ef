// OPENAI_API_KEY=… node openai-agents.ts
// OpenAI Agents: a run that may cost half a dollar and take a minute, with a tool that is validated, repaired and bounded.
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents'
import { createLlmOps, isBudgetExceeded } from 'llmops-middleware'
import OpenAI from 'openai'
import { z } from 'zod'

setTracingDisabled(true) // else each run is also sent to OpenAI's own traces
const ops = createLlmOps({ budget: { limitUsd: 50, period: 'month' } })
const openAIClient = new OpenAI({ fetch: ops.fetch })

const parameters = z.object({ city: z.string() })
const weather = ops.tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters,
  effect: 'read',
  maxCalls: 5,
  run: async ({ city }) => `It is sunny in ${city}.`,
  fallbacks: [async () => 'The weather service does not answer.'],
})
const agent = new Agent({
  name: 'guide',
  model: 'gpt-4o-mini',
  instructions: 'Help travellers.',
  tools: [
    tool({
      name: 'weather',
      description: 'Tells the weather of a city',
      parameters,
      execute: (args) => weather.call(args),
    }),
  ],
})
const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient }) })

try {
  const { finalOutput } = await ops.task(
    { tenant: 'contoso', name: 'guide', budgetUsd: 0.5, deadlineMs: 60_000 },
    (task) => runner.run(agent, 'What is the weather in "Oslo"?', { maxTurns: 6, signal: task.signal }),
  )
  console.log(finalOutput)
} catch (error) {
  if (!isBudgetExceeded(error)) throw error
  console.error('The budget does not pay for this run.')
}
console.log(await ops.budget.read('contoso'))
await ops.close()
