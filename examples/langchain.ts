// OPENAI_API_KEY=… node langchain.ts
// LangChain: each attempt of any chain is held, charged and aborted with its task.
import { ChatOpenAI } from '@langchain/openai'
import { createLlmOps } from 'llmops-middleware'

const ops = createLlmOps({ budget: { limitUsd: 50, period: 'month' } })
const model = new ChatOpenAI({
  model: 'gpt-4o-mini',
  configuration: { baseURL: process.env.OPENAI_BASE_URL, fetch: ops.fetch },
})

const { content } = await ops.task({ tenant: 'contoso', deadlineMs: 60_000 }, () =>
  model.invoke('What is a chain, in one sentence?'),
)
console.log(content)
console.log(await ops.budget.read('contoso'))
await ops.close()
