import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { eventsOf, startProvider } from '../../../test/support/provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { createLlmOps, type LlmOpsOptions } from '../../index.ts'

describe.each(TRANSPORTS)('a large answer over %s', (_, transport) => {
  function clientOf(url: string, options: LlmOpsOptions = {}) {
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 }, fetch: transport(), ...options })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    return { ops, openai }
  }

  const embeddings = (count: number, dimensions: number) => {
    const embedding = Buffer.alloc(dimensions * 4).toString('base64')
    return JSON.stringify({
      object: 'list',
      model: 'text-embedding-3-small',
      data: Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding })),
      usage: { prompt_tokens: 4096, total_tokens: 4096 },
    })
  }

  it('may be as many embeddings as the API returns at once, and costs what the provider says', async () => {
    const body = embeddings(2048, 1536)
    const { url } = await startProvider((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    })
    const { ops, openai } = clientOf(url)
    const input = Array.from({ length: 2048 }, () => 'word')
    const { data } = await openai.embeddings.create({ model: 'text-embedding-3-small', input })
    expect([data.length, data[0]!.embedding.length]).toEqual([2048, 1536])
    expect(await ops.budget!.read('contoso')).toMatchObject({ spentUsd: 0.00008192, heldUsd: 0 })
  })

  it('may be an event with a picture, and is passed on byte for byte', async () => {
    const picture = Buffer.alloc(21 * 1024 * 1024, 'a picture').toString('base64')
    const partial = { type: 'response.image_generation_call.partial_image', partial_image_b64: picture }
    const usage = { input_tokens: 10, output_tokens: 20, total_tokens: 30 }
    const completed = { type: 'response.completed', response: { model: 'gpt-4o', status: 'completed', usage } }
    const text = eventsOf(partial, completed)
    const { url } = await startProvider((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)
    })
    const { ops, openai } = clientOf(url)
    const asked = { model: 'gpt-4o', input: 'Draw', stream: true } as const
    const response = await openai.responses.create(asked).asResponse()
    expect((await response.text()) === text).toBe(true)
    await ops.budget!.drain()
    expect(await ops.budget!.read('contoso')).toMatchObject({ spentUsd: 0.000225, heldUsd: 0 })
  })

  it('is refused where the limit is set below it', async () => {
    const { url } = await startProvider((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(embeddings(1, 1536))
    })
    const { openai } = clientOf(url, { maxAnswerBytes: 8000 })
    const asked = openai.embeddings.create({ model: 'text-embedding-3-small', input: 'word' })
    await expect(asked).rejects.toMatchObject({ status: 502, code: 'malformed_response' })
    const roomier = clientOf(url, { maxAnswerBytes: 9000 })
    await roomier.openai.embeddings.create({ model: 'text-embedding-3-small', input: 'word' })
  })
})
