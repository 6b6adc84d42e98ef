import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { answeringServer } from '../../test/support/answering-server.ts'
import { createLlmOps } from '../llmops.ts'
import type { LlmOpsOptions } from '../llmops-options.ts'

const messages = [{ role: 'user' as const, content: 'Hello' }]
const everyFormat = { model: 'gpt-4o', messages, input: 'Hello', max_tokens: 100 }
const usage = { prompt_tokens: 10, completion_tokens: 5, input_tokens: 10, output_tokens: 5 }

async function opsOver(options: Partial<LlmOpsOptions> & { limitUsd: number }) {
  const { url, asked } = await answeringServer(() => ({ id: 'x', model: 'gpt-4o', choices: [], output: [], usage }))
  const { limitUsd, ...others } = options
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd }, ...others })
  const post = (path: string, body: object | string) =>
    ops.fetch(`${url}${path}`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })
  return { ops, url, asked, post }
}

describe('a request to a model is governed', () => {
  const OPERATIONS = ['chat/completions', 'responses', 'embeddings', 'messages']
  const PREFIXES = [
    '',
    '/v1',
    '/anthropic',
    '/anthropic/v1',
    '/openai/v1',
    '/gateway/openai',
    '/openai/deployments/gpt-4o',
  ]
  const PATHS = PREFIXES.flatMap((prefix) => OPERATIONS.map((operation) => `${prefix}/${operation}`))

  it.each(PATHS.flatMap((path) => [path, `${path}/`, `${path}?beta=true`, `${path}/?beta=true`]))(
    'at %s',
    async (path) => {
      const { post, asked } = await opsOver({ limitUsd: 0 })
      expect((await post(path, everyFormat)).status).toBe(402)
      expect(asked).toHaveLength(0)
    },
  )

  it.each([
    '/v1/threads/thread_1/messages',
    '/channels/1/messages/',
    '/v1/responses/resp_1/cancel',
    '/v1/messages/batches',
  ])('and what is none, at %s, is left alone', async (path) => {
    const { post, asked } = await opsOver({ limitUsd: 0 })
    expect((await post(path, everyFormat)).status).toBe(200)
    expect(asked).toMatchObject([{ path }])
  })

  it('with a slash at its end at the same operation of a target of a route', async () => {
    const { url, asked } = await answeringServer(() => ({ choices: [], usage }))
    const targets = [{ name: 'a', model: 'gpt-4o', baseUrl: `${url}/openai/v1` }]
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 }, route: { targets } })
    await ops.fetch('http://127.0.0.1:1/v1/chat/completions/', { method: 'POST', body: JSON.stringify(everyFormat) })
    expect(asked[0]!.path).toBe('/openai/v1/chat/completions')
  })
})

describe('a request that names no model', () => {
  it('is not made without a budget for it', async () => {
    const { ops, url, asked } = await opsOver({ limitUsd: 0 })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const call = openai.responses.create({ prompt: { id: 'pmpt_1' } })
    await expect(call).rejects.toMatchObject({ status: 402 })
    expect(asked).toHaveLength(0)
  })

  it('is priced by what its stored prompt is said to serve, and sent as it came', async () => {
    const { ops, url, asked } = await opsOver({ limitUsd: 1, rateCard: { deployments: { pmpt_1: 'gpt-4o' } } })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    await openai.responses.create({ prompt: { id: 'pmpt_1' }, max_output_tokens: 50 })
    await ops.close()
    expect(asked[0]!.body).toEqual({ prompt: { id: 'pmpt_1' }, max_output_tokens: 50 })
    expect(await ops.budget!.read('contoso')).toMatchObject({ spentUsd: (10 * 2.5 + 5 * 10) / 1e6, heldUsd: 0 })
  })

  it.each(['/v1/chat/completions', '/v1/embeddings', '/v1/messages', '/v1/responses'])(
    'at %s has the name `unnamed` for prices, and sends none',
    async (path) => {
      const { model: _, ...unnamed } = everyFormat
      const { ops, asked, post } = await opsOver({ limitUsd: 1, rateCard: { deployments: { unnamed: 'gpt-4o' } } })
      expect((await post(path, unnamed)).status).toBe(200)
      await ops.close()
      expect(asked[0]!.body).not.toHaveProperty('model')
      expect((await ops.budget!.read('contoso')).spentUsd).toBeGreaterThan(0)
    },
  )
})

describe('a large request', () => {
  const base64 = (mebibytes: number) => Buffer.alloc(mebibytes * 1024 * 1024 * 0.75).toString('base64')

  it('of 24 MiB is governed as any other, by the Anthropic SDK', async () => {
    const { ops, url, asked } = await opsOver({ limitUsd: 0.01 })
    const anthropic = new Anthropic({ baseURL: url, apiKey: 'any', fetch: ops.fetch })
    const source = { type: 'base64' as const, media_type: 'application/pdf' as const, data: base64(24) }
    const call = anthropic.messages.create({
      model: 'claude-sonnet-4-5',
      max_tokens: 100,
      messages: [{ role: 'user', content: [{ type: 'document', source }] }],
    })
    await expect(call).rejects.toMatchObject({ status: 402 })
    expect(asked).toHaveLength(0)
  })

  it('of 40 MiB is governed as any other, by the openai SDK', async () => {
    const { ops, url, asked } = await opsOver({ limitUsd: 0 })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
    const image_url = `data:image/png;base64,${base64(40)}`
    const call = openai.responses.create({
      model: 'gpt-4o',
      input: [{ role: 'user', content: [{ type: 'input_image', detail: 'auto', image_url }] }],
    })
    await expect(call).rejects.toMatchObject({ status: 402 })
    expect(asked).toHaveLength(0)
  })

  it('above what its provider takes is refused as the provider would, and goes nowhere', async () => {
    const { post, asked } = await opsOver({ limitUsd: 1 })
    const response = await post('/v1/messages', { ...everyFormat, system: 'x'.repeat(32 * 1024 * 1024) })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { type: 'request_too_large', message: /maxRequestBytes/ } })
    expect(asked).toHaveLength(0)
  })

  it('above a limit of your own is refused', async () => {
    const { post, asked } = await opsOver({ limitUsd: 1, maxRequestBytes: 1000 })
    expect((await post('/v1/responses', { ...everyFormat, user: 'x'.repeat(1000) })).status).toBe(413)
    expect((await post('/v1/responses', everyFormat)).status).toBe(200)
    expect(asked).toHaveLength(1)
  })

  it.each([0, 1.5, '1000', 600_000_000])('cannot have %j bytes at most', (maxRequestBytes) => {
    expect(() => createLlmOps({ maxRequestBytes: maxRequestBytes as number })).toThrow(/maxRequestBytes/)
  })
})
