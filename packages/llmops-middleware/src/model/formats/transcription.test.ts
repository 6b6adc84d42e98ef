import OpenAI, { AzureOpenAI, toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import { byteProvider, withoutBoundary } from '../../../test/support/byte-provider.ts'
import { eventsOf } from '../../../test/support/provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { createLlmOps, type LlmOpsOptions } from '../../index.ts'

/** So many seconds of 8,000 samples of 16 bits. */
function wav(seconds: number): Buffer {
  const head = Buffer.alloc(44)
  const bytes = seconds * 16_000 - 44
  head.write('RIFF', 0, 'latin1')
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8_000, 24)
  head.writeUInt32LE(16_000, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  return Buffer.concat([head, Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 151) % 256))])
}

const minute = wav(60)
const json = (value: object) => ({ type: 'application/json', body: JSON.stringify(value) })
const tokens = {
  type: 'tokens',
  input_tokens: 614,
  input_token_details: { text_tokens: 14, audio_tokens: 600 },
  output_tokens: 150,
  total_tokens: 764,
}
/** 14 text tokens at $2.50, 600 of sound at $6, 150 at $10 a million. */
const tokensUsd = (14 * 2.5 + 600 * 6 + 150 * 10) / 1e6

async function listening(answer: { type: string; body: string }, limitUsd = 100, options: LlmOpsOptions = {}) {
  const provider = await byteProvider((response) => {
    response.writeHead(200, { 'content-type': answer.type }).end(answer.body)
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

const file = async (bytes = minute, name = 'voice.wav') => await toFile(bytes, name)

describe.each(TRANSPORTS)('a recording, over %s', (_, transport) => {
  it('reaches the provider byte for byte, and costs the tokens that the answer reports', async () => {
    const answer = json({ text: 'Hello', usage: tokens })
    const { openai, bare, asked, spent } = await listening(answer, 100, { fetch: transport() })
    const heard: unknown[] = []
    for (const client of [bare, openai]) {
      const params = { model: 'gpt-4o-transcribe', file: await file(), prompt: 'Namen: Jürgen' }
      heard.push(await client.audio.transcriptions.create(params))
    }
    expect(heard[1]).toEqual(heard[0])
    expect(asked[1]!.body.includes(minute)).toBe(true)
    expect(withoutBoundary(asked[1]!)).toBe(withoutBoundary(asked[0]!))
    expect(await spent()).toEqual({ spentUsd: expect.closeTo(tokensUsd, 9), unknownUsd: 0 })
  })

  it.each(['text', 'srt', 'vtt'] as const)('comes back as %s, unchanged, and costs its seconds', async (format) => {
    const body = '1\n00:00:00,000 --> 00:00:01,000\nGrüße 👋\n\n'
    const { openai, bare, spent } = await listening({ type: 'text/plain; charset=utf-8', body }, 100, {
      fetch: transport(),
    })
    const heard: unknown[] = []
    for (const client of [bare, openai]) {
      heard.push(
        await client.audio.transcriptions.create({ model: 'whisper-1', file: await file(), response_format: format }),
      )
    }
    expect(heard).toEqual([body, body])
    expect(await spent()).toEqual({ spentUsd: expect.closeTo(0.006, 9), unknownUsd: 0 })
  })

  it('is refused where nothing is left, and where its length does not fit', async () => {
    for (const [limitUsd, model] of [
      [0, 'whisper-1'],
      [0, 'gpt-4o-transcribe'],
      [0.0059, 'whisper-1'],
    ] as const) {
      const { openai, asked } = await listening(json({ text: '' }), limitUsd, { fetch: transport() })
      const heard = openai.audio.transcriptions.create({ model, file: await file() })
      await expect(heard).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
      const translated = openai.audio.translations.create({ model: 'whisper-1', file: await file() })
      await expect(translated).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
      expect(asked).toEqual([])
    }
    const { openai } = await listening(json({ text: 'Hello' }), 0.006, { fetch: transport() })
    expect(await openai.audio.transcriptions.create({ model: 'whisper-1', file: await file() })).toMatchObject({
      text: 'Hello',
    })
  })

  it('is streamed event for event, and costs what its end reports', async () => {
    const body = eventsOf(
      { type: 'transcript.text.delta', delta: 'Hel' },
      { type: 'transcript.text.delta', delta: 'lo' },
      { type: 'transcript.text.done', text: 'Hello', usage: tokens },
    )
    const { openai, bare, spent } = await listening({ type: 'text/event-stream', body }, 100, { fetch: transport() })
    const seen: unknown[][] = []
    for (const client of [bare, openai]) {
      const params = { model: 'gpt-4o-transcribe', file: await file(), stream: true } as const
      const events: unknown[] = []
      for await (const event of await client.audio.transcriptions.create(params)) events.push(event)
      seen.push(events)
    }
    expect(seen[1]).toEqual(seen[0])
    expect(seen[1]).toHaveLength(3)
    expect(await spent()).toEqual({ spentUsd: expect.closeTo(tokensUsd, 9), unknownUsd: 0 })
  })
})

describe('what a transcription costs', () => {
  it.each<[string, object, number]>([
    ['whisper-1', { text: 'Hi', usage: { type: 'duration', seconds: 59 } }, 59 * 0.0001],
    ['whisper-1', { text: 'Hi', duration: 58.2 }, 59 * 0.0001],
    ['whisper-1', { text: 'Hi', duration: '58.2' }, 59 * 0.0001],
    ['whisper-1', { text: 'Hi' }, 60 * 0.0001],
    ['gpt-transcribe', { text: 'Hi', usage: { type: 'duration', seconds: 60 } }, 0.0045],
    ['gpt-4o-mini-transcribe', { text: 'Hi', usage: tokens }, (14 * 1.25 + 600 * 3 + 150 * 5) / 1e6],
    ['gpt-4o-mini-transcribe-2025-12-15', { text: 'Hi', usage: tokens }, (14 * 1.25 + 600 * 3 + 150 * 5) / 1e6],
    ['gpt-4o-transcribe-diarize', { text: 'Hi', segments: [], usage: tokens }, tokensUsd],
    // Tokens of a model that is billed by its seconds: they make nothing free.
    ['whisper-1', { text: 'Hi', usage: tokens }, 0.006],
    ['whisper-1', { error: { message: 'no' } }, 0],
  ])('of %s for %j is what its documentation says', async (model, answer, usd) => {
    const { openai, spent } = await listening(json(answer))
    await openai.audio.transcriptions.create({ model, file: await file() })
    expect(await spent()).toEqual({ spentUsd: expect.closeTo(usd, 9), unknownUsd: 0 })
  })

  it('of a translation is that of its seconds', async () => {
    const { openai, asked, spent } = await listening(json({ text: 'Hello' }))
    expect(await openai.audio.translations.create({ model: 'whisper-1', file: await file() })).toEqual({
      text: 'Hello',
    })
    expect(asked[0]!.path).toBe('/v1/audio/translations')
    expect(await spent()).toEqual({ spentUsd: expect.closeTo(0.006, 9), unknownUsd: 0 })
  })

  it('is of the deployment on Azure', async () => {
    const { azure, asked, spent } = await listening(json({ text: 'Hello' }))
    await azure.audio.transcriptions.create({ model: 'whisper', file: await file() })
    expect(asked[0]!.path).toContain('/openai/deployments/whisper/audio/transcriptions')
    expect(await spent()).toEqual({ spentUsd: expect.closeTo(0.006, 9), unknownUsd: 0 })
  })

  it('is estimated and shown as unknown if a model by the token reports no token count', async () => {
    const { openai, spent } = await listening(json({ text: 'Hello there' }))
    await openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await file() })
    const { spentUsd, unknownUsd } = await spent()
    // 20 tokens a second are held and charged, where 10 are documented.
    expect(spentUsd).toBeGreaterThan((600 * 2.5) / 1e6)
    expect(unknownUsd).toBe(spentUsd)
  })
})

describe('the length of a recording', () => {
  it.each<[string, () => Buffer, number]>([
    ['a WAV by its rate', () => wav(90), 90],
    // Frames of MPEG 1, layer 3, 128 kbit a second, 44,100 samples: 417 bytes and 1,152 samples each.
    [
      'an MP3 by its frames',
      () => {
        const frame = Buffer.alloc(417)
        frame.set([0xff, 0xfb, 0x90, 0x00])
        return Buffer.concat(Array(1000).fill(frame))
      },
      27,
    ],
    ['any other by its bytes, at the least rate there is', () => Buffer.alloc(75_000, 1), 100],
  ])('is that of %s', async (_, bytes, seconds) => {
    const { openai, spent } = await listening({ type: 'text/plain', body: 'Hello' })
    const recording = await file(bytes(), 'voice')
    await openai.audio.transcriptions.create({ model: 'whisper-1', file: recording, response_format: 'text' })
    expect((await spent()).spentUsd).toBeCloseTo(seconds * 0.0001, 9)
  })
})

describe('a form without a file', () => {
  it('is refused on a host of models, because its hold cannot be computed', async () => {
    const { ops } = await listening(json({ text: '' }))
    const body = new FormData()
    body.append('model', 'whisper-1')
    const response = await ops.fetch('https://api.openai.com/v1/audio/transcriptions', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'ungoverned_request' } })
  })
})
