import { randomUUID } from 'node:crypto'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, type ModelMessage } from 'ai'
import { Redis } from 'ioredis'
import { type RedisServer, startRedisServer } from 'test-support/redis-server'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { answeringServer } from '../../../test/support/answering-server.ts'
import { localShare } from '../../budget/index.ts'
import { createLlmOps, type LlmOpsOptions } from '../../index.ts'
import { redisLedger } from './redis-ledger.ts'

let server: RedisServer
beforeEach(async () => {
  server = await startRedisServer()
})
afterEach(() => server.stop())

const answerOf = (inputTokens: number) => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'gpt-4.1',
  created_at: 1,
  output: [
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
    },
  ],
  usage: { input_tokens: inputTokens, output_tokens: 5, total_tokens: inputTokens + 5 },
})

/** A process of its own: nothing is shared with another one but what its Redis holds. */
function processOn(url: string, options: LlmOpsOptions & { namespace?: string; isShared?: boolean } = {}) {
  const { namespace = 'seen', isShared = false, ...rest } = options
  const redis = new Redis(url)
  redis.on('error', () => {})
  onTestFinished(() => redis.disconnect())
  const ledger = redisLedger(redis, { namespace, timeoutMs: 30_000 })
  const budget = { limitUsd: 0.05, waitForHoldsMs: 0, ledger: isShared ? localShare(ledger) : ledger, ...rest.budget }
  return { redis, ops: createLlmOps({ defaultTenant: 'contoso', ...rest, budget }) }
}

describe('what answers said, on a Redis', () => {
  const first = { model: 'gpt-4.1', input: 'Hello', max_output_tokens: 50 }
  const next = { ...first, previous_response_id: 'resp_1' }

  async function provider() {
    const { url, asked } = await answeringServer(() => answerOf(900))
    const ask = (ops: { fetch: typeof fetch }, body: object) =>
      ops.fetch(`${url}/v1/responses`, { method: 'POST', body: JSON.stringify(body) })
    return { url, asked, ask }
  }

  it.each([false, true])('is known to every process on it, through a local share: %s', async (isShared) => {
    const { ask } = await provider()
    const one = processOn(server.url, { isShared })
    const other = processOn(server.url, { isShared })
    expect((await ask(other.ops, next)).status).toBe(402)
    expect((await ask(one.ops, first)).status).toBe(200)
    expect((await ask(other.ops, next)).status).toBe(200)
  })

  it('lets the AI SDK go on in another process, which refers to each item of the first', async () => {
    const { url, asked } = await provider()
    const model = ({ ops }: ReturnType<typeof processOn>) =>
      createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })('gpt-4.1')
    const one = processOn(server.url)
    const other = processOn(server.url)
    const { response } = await generateText({ model: model(one), prompt: 'Hello', maxOutputTokens: 50 })
    const prompt: ModelMessage[] = [
      { role: 'user', content: 'Hello' },
      ...response.messages,
      { role: 'user', content: 'Go on' },
    ]
    await generateText({ model: model(other), prompt, maxOutputTokens: 50, maxRetries: 0 })
    expect(JSON.stringify(asked[1]!.body)).toContain('item_reference')
  })

  it('is kept for its time, and apart by namespace', async () => {
    const { ask } = await provider()
    const { redis, ops } = processOn(server.url)
    await ask(ops, first)
    expect(await redis.get('llmops:seen:v1:seen:resp_1')).toBe('905')
    const ttl = await redis.ttl('llmops:seen:v1:seen:resp_1')
    expect(ttl).toBeGreaterThan(86_000)
    expect(ttl).toBeLessThanOrEqual(86_400)
    expect((await ask(processOn(server.url, { namespace: randomUUID() }).ops, next)).status).toBe(402)
  })

  it('is asked for only what this process has not seen itself', async () => {
    const { ask } = await provider()
    const { redis, ops } = processOn(server.url)
    const get = vi.spyOn(redis, 'get')
    await ask(ops, first)
    expect((await ask(ops, next)).status).toBe(200)
    expect(get).not.toHaveBeenCalled()
    await ask(ops, { ...next, previous_response_id: 'resp_2' })
    expect(get).toHaveBeenCalledOnce()
  })

  it('that is damaged, or another type, is unknown', async () => {
    const { ask } = await provider()
    const { redis, ops } = processOn(server.url)
    await redis.set('llmops:seen:v1:seen:resp_1', 'many')
    expect((await ask(ops, next)).status).toBe(402)
    await redis.del('llmops:seen:v1:seen:resp_1')
    await redis.lpush('llmops:seen:v1:seen:resp_1', '1')
    expect((await ask(ops, next)).status).toBe(402)
  })

  it('holds the context where it may not be kept, and says what to do', async () => {
    const { ask, asked } = await provider()
    const { ops } = processOn(server.url, { seen: false })
    await ask(ops, first)
    const refused = await ask(ops, next)
    expect(refused.status).toBe(402)
    const { error } = (await refused.json()) as { error: { message: string } }
    expect(error.message).toMatch(/refers to earlier answers.*`store: false`.*`seen`/)
    expect(asked).toHaveLength(1)
    // A refusal for another reason says nothing of it.
    const long = await ask(ops, { ...first, input: 'x'.repeat(200_000) })
    expect(((await long.json()) as { error: { message: string } }).error.message).not.toMatch(/refers to/)
  })
})
