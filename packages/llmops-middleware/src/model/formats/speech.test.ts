import OpenAI, { AzureOpenAI } from 'openai'
import { describe, expect, it } from 'vitest'
import { byteProvider } from '../../../test/support/byte-provider.ts'
import { eventsOf } from '../../../test/support/provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { createLlmOps, type LlmOpsOptions } from '../../index.ts'

/** No text in any encoding, and more than one piece of a socket. */
const sound = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 151 + (index >> 8)) % 256))

async function speaking(body: Buffer | string, type: string, limitUsd = 100, options: LlmOpsOptions = {}) {
  const provider = await byteProvider((response) => {
    response.writeHead(200, { 'content-type': type, 'x-request-id': 'req_1' }).end(body)
  })
  const ops = createLlmOps({ defaultTenant: 'contoso', ...options, budget: { limitUsd, waitForHoldsMs: 0 } })
  const settings = { apiKey: 'any', maxRetries: 0, fetch: ops.fetch }
  return {
    ...provider,
    ops,
    openai: new OpenAI({ ...settings, baseURL: `${provider.url}/v1` }),
    azure: new AzureOpenAI({ ...settings, endpoint: provider.url, apiVersion: '2025-04-01-preview' }),
    bare: new OpenAI({ apiKey: 'any', maxRetries: 0, baseURL: `${provider.url}/v1` }),
    async spent() {
      await ops.budget.drain()
      const { spentUsd, heldUsd, unknownUsd } = await ops.budget.read('contoso')
      expect(heldUsd).toBe(0)
      return { spentUsd, unknownUsd }
    },
  }
}

const input = 'Grüße aus Köln, 👋'
const voice = 'coral'

describe.each(TRANSPORTS)('a text that is spoken, over %s', (_, transport) => {
  it('arrives byte for byte, as a stream too, under the headers of the provider', async () => {
    const { openai, bare, asked } = await speaking(sound, 'audio/mpeg', 100, { fetch: transport() })
    const params = { model: 'tts-1', input, voice } as const
    for (const client of [bare, openai]) {
      const response = await client.audio.speech.create(params)
      expect(Buffer.from(await response.arrayBuffer()).equals(sound)).toBe(true)
      expect(response.headers.get('content-type')).toBe('audio/mpeg')
      expect(response.headers.get('x-request-id')).toBe('req_1')
      const pieces: Uint8Array[] = []
      for await (const piece of (await client.audio.speech.create(params)).body!) pieces.push(piece)
      expect(Buffer.concat(pieces).equals(sound)).toBe(true)
    }
    expect(asked[3]!.body.equals(asked[0]!.body)).toBe(true)
  })

  it.each([
    ['tts-1', 15],
    ['tts-1-hd', 30],
  ])('of %s costs its characters, known from the request', async (model, usdPerMillion) => {
    const { openai, spent } = await speaking(sound, 'audio/mpeg', 100, { fetch: transport() })
    await (await openai.audio.speech.create({ model, input: 'a'.repeat(4096), voice })).arrayBuffer()
    const { spentUsd, unknownUsd } = await spent()
    expect(spentUsd).toBeCloseTo((4096 * usdPerMillion) / 1e6, 9)
    expect(unknownUsd).toBe(0)
  })

  it('is refused where its characters do not fit, and nothing is sent', async () => {
    const text = 'a'.repeat(4096)
    for (const [limitUsd, model] of [
      [0, 'tts-1'],
      [0, 'gpt-4o-mini-tts'],
      [0.06143, 'tts-1'],
    ] as const) {
      const { openai, asked } = await speaking(sound, 'audio/mpeg', limitUsd, { fetch: transport() })
      const spoken = openai.audio.speech.create({ model, input: text, voice })
      await expect(spoken).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
      expect(asked).toEqual([])
    }
    const { openai } = await speaking(sound, 'audio/mpeg', 0.06144, { fetch: transport() })
    expect((await openai.audio.speech.create({ model: 'tts-1', input: text, voice })).status).toBe(200)
  })
})

describe('speech by the token', () => {
  it('costs the length of its samples where they are plain, shown as unknown', async () => {
    const { openai, spent } = await speaking(Buffer.alloc(480_000), 'audio/pcm')
    const asked = { model: 'gpt-4o-mini-tts', input: 'a'.repeat(200), voice, response_format: 'pcm' } as const
    await (await openai.audio.speech.create(asked)).arrayBuffer()
    const { spentUsd, unknownUsd } = await spent()
    // 200 bytes at $0.60, 10 seconds of 1,250 tokens a minute at $12.
    expect(spentUsd).toBeCloseTo((200 * 0.6 + 209 * 12) / 1e6, 9)
    expect(unknownUsd).toBe(spentUsd)
  })

  it('costs the length of its frames as MP3, which it is unless another format is asked for', async () => {
    // MPEG 2, layer 3, 160 kbit a second, 24,000 samples: 480 bytes and 576 samples each.
    const frame = Buffer.alloc(480)
    frame.set([0xff, 0xf3, 0xe4, 0xc4])
    const { openai, spent } = await speaking(Buffer.concat(Array(1000).fill(frame)), 'audio/mpeg')
    await (await openai.audio.speech.create({ model: 'gpt-4o-mini-tts', input: 'a'.repeat(400), voice })).arrayBuffer()
    // 24 seconds.
    expect((await spent()).spentUsd).toBeCloseTo((400 * 0.6 + 500 * 12) / 1e6, 9)
  })

  it('costs its hold if nothing reports its length', async () => {
    const { openai, spent } = await speaking(sound, 'audio/mpeg')
    const asked = { model: 'gpt-4o-mini-tts', input: 'a'.repeat(100), voice, response_format: 'opus' } as const
    await (await openai.audio.speech.create(asked)).arrayBuffer()
    expect((await spent()).spentUsd).toBeCloseTo((100 * 0.6 + (250 + 400) * 12) / 1e6, 9)
  })

  it('costs what the end of its events says, which come as they are', async () => {
    const usage = { input_tokens: 14, output_tokens: 101, total_tokens: 115 }
    const events = eventsOf({ type: 'speech.audio.delta', audio: 'AAAA' }, { type: 'speech.audio.done', usage })
    const { openai, spent } = await speaking(events, 'text/event-stream')
    const asked = { model: 'gpt-4o-mini-tts-2025-12-15', input, voice, stream_format: 'sse' } as const
    expect(await (await openai.audio.speech.create(asked)).text()).toBe(events)
    expect(await spent()).toEqual({ spentUsd: expect.closeTo((14 * 0.6 + 101 * 12) / 1e6, 9), unknownUsd: 0 })
  })
})

describe('speech that is left', () => {
  it('costs all of its characters, however much of it came', async () => {
    const { openai, spent } = await speaking(sound, 'audio/mpeg')
    const { body } = await openai.audio.speech.create({ model: 'tts-1', input: 'a'.repeat(1000), voice })
    const reader = body!.getReader()
    await reader.read()
    await reader.cancel()
    expect((await spent()).spentUsd).toBeCloseTo(0.015, 9)
  })

  it('costs all of them when it breaks, and says that it broke', async () => {
    const { url } = await byteProvider((response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': '1000' })
      response.write(Buffer.alloc(10), () => response.destroy())
    })
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 } })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    const response = await openai.audio.speech.create({ model: 'tts-1', input: 'a'.repeat(1000), voice })
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'stream_broken' })
    await ops.budget.drain()
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd: 0.015, heldUsd: 0 })
  })

  it('costs nothing where the provider refused it', async () => {
    const { url } = await byteProvider((response) => {
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}')
    })
    const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 } })
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    await expect(openai.audio.speech.create({ model: 'tts-1', input, voice })).rejects.toMatchObject({ status: 400 })
    await ops.budget.drain()
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd: 0, heldUsd: 0 })
  })
})

describe('speech of others', () => {
  it('is of the deployment on Azure, and counts for a task', async () => {
    const rateCard = { deployments: { reader: 'tts-hd' } }
    const { azure, asked, ops, spent } = await speaking(sound, 'audio/mpeg', 1, { rateCard })
    await ops.task({ tenant: 'contoso' }, async (task) => {
      await (await azure.audio.speech.create({ model: 'reader', input: 'a'.repeat(100), voice })).arrayBuffer()
      expect(task.id).toBeTruthy()
    })
    expect(asked[0]!.path).toContain('/openai/deployments/reader/audio/speech')
    expect((await spent()).spentUsd).toBeCloseTo(0.003, 9)
  })

  it.each(['playai-tts', 'gpt-4o'])('is refused or held by the price of its model: %s', async (model) => {
    const { openai, asked } = await speaking(sound, 'audio/mpeg', 0.000001)
    await expect(openai.audio.speech.create({ model, input, voice })).rejects.toMatchObject({ status: 402 })
    expect(asked).toEqual([])
  })

  it('goes to the target of a route that answers', async () => {
    const elsewhere = await speaking(sound, 'audio/mpeg')
    const targets = [
      { name: 'first', model: 'tts-1', baseUrl: 'http://127.0.0.1:1/v1' },
      { name: 'second', model: 'tts-1', deployment: 'reader', baseUrl: `${elsewhere.url}/v1` },
    ]
    const { openai, spent } = await speaking(sound, 'audio/mpeg', 1, { route: { targets } })
    const response = await openai.audio.speech.create({ model: 'tts-1', input: 'a'.repeat(100), voice })
    expect(Buffer.from(await response.arrayBuffer()).equals(sound)).toBe(true)
    expect(JSON.parse(String(elsewhere.asked[0]!.body))).toMatchObject({ model: 'reader' })
    expect((await spent()).spentUsd).toBeCloseTo(0.0015, 9)
  })
})
