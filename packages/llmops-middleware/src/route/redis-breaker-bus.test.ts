import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { createLlmOps, type LlmOps } from '../index.ts'
import { redisBreakerBus } from './redis-breaker-bus.ts'

const request = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hello' }], max_completion_tokens: 50 }

let redis: Redis
let primary: ModelEndpoint
let backup: ModelEndpoint
const opened: LlmOps[] = []
beforeEach(async () => {
  redis = new Redis(inject('redisUrl'))
  primary = await startModelEndpoint()
  backup = await startModelEndpoint()
})
afterEach(async () => {
  for (const ops of opened.splice(0)) await ops.close()
  await primary.close()
  await backup.close()
  redis.disconnect()
})

/** What one process of an application would make. */
function aProcess(namespace: string): () => Promise<OpenAI.ChatCompletion> {
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 10 },
    route: {
      backoffMs: 1,
      retriesPerTarget: 0,
      breaker: { halfOpenAfterMs: 60_000, bus: redisBreakerBus(redis, { namespace }) },
      targets: [
        { name: 'primary', model: 'gpt-4o', baseUrl: `${primary.url}/v1` },
        { name: 'backup', model: 'gpt-4o-mini', baseUrl: `${backup.url}/v1` },
      ],
    },
  })
  opened.push(ops)
  const openai = new OpenAI({ baseURL: `${primary.url}/v1`, apiKey: 'any', fetch: ops.fetch })
  return () => openai.chat.completions.create(request)
}

it('a target that one process found to fail is passed over by the others', async () => {
  const namespace = randomUUID()
  const [ask, askElsewhere] = [aProcess(namespace), aProcess(namespace)]
  const askApart = aProcess(randomUUID())
  await expect.poll(async () => (await redis.pubsub('NUMSUB', `llmops:breakers:v1:${namespace}`))[1]).toBe(2)
  primary.fault({ kind: 'unavailable', times: Number.POSITIVE_INFINITY })
  for (let call = 0; call < 6; call++) await ask()
  primary.clearFaults()
  await expect.poll(async () => (await askElsewhere()).model).toBe('gpt-4o-mini')
  expect((await askApart()).model).toBe('gpt-4o')
})

it('a namespace that cannot be one is refused by name', () => {
  expect(() => redisBreakerBus(redis, { namespace: 'a b' })).toThrow(/namespace.*a b/)
})
