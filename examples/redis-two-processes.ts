// OPENAI_API_KEY=… REDIS_URL=redis://localhost:6379 node redis-two-processes.ts
// Two processes spend one budget as fast as they can, and never more than it: what a call may cost is held before it begins.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { createLlmOps, isBudgetExceeded } from 'llmops-middleware'
import { redisLedger } from 'llmops-middleware/budget/redis'
import OpenAI from 'openai'

const redis = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379')
const budget = { limitUsd: 0.001, period: 'day', ledger: redisLedger(redis) } as const
const ops = createLlmOps({ budget, logger: false }) // else a line for each refusal

if (process.send) {
  const openai = new OpenAI({ fetch: ops.fetch })
  const ask = () =>
    openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Tell a joke.' }],
      max_completion_tokens: 60,
    })
  let [answered, refused] = [0, 0]
  for (let round = 0; round < 10; round++) {
    const calls = Array.from({ length: 4 }, () => ops.task({ tenant: 'contoso' }, ask))
    for (const call of await Promise.allSettled(calls)) {
      if (call.status === 'fulfilled') answered++
      else if (isBudgetExceeded(call.reason)) refused++
      else throw call.reason
    }
  }
  console.log(`Process ${process.pid}: ${answered} answered, ${refused} refused.`)
  process.disconnect()
} else {
  const processes = [fork(import.meta.filename), fork(import.meta.filename)]
  await Promise.all(processes.map((process) => once(process, 'exit')))
  console.log(await ops.budget.read('contoso'))
}
await ops.close()
redis.disconnect()
