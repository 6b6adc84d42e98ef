import { createOpenAI } from '@ai-sdk/openai'
import * as ai from 'ai'
import { describe, expect, it } from 'vitest'
import { byteProvider } from '../../../test/support/byte-provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { createLlmOps } from '../../index.ts'

const sound = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 151) % 256))

async function governed(answer: { type: string; body: string | Buffer }, transport: typeof fetch) {
  const { url, asked } = await byteProvider((response) => {
    response.writeHead(200, { 'content-type': answer.type }).end(answer.body)
  })
  const ops = createLlmOps({ defaultTenant: 'contoso', fetch: transport, budget: { limitUsd: 1 } })
  const spentUsd = async () => {
    await ops.budget.drain()
    const { spentUsd, heldUsd } = await ops.budget.read('contoso')
    expect(heldUsd).toBe(0)
    return spentUsd
  }
  return { openai: createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch }), asked, spentUsd }
}

describe.each(TRANSPORTS)('the AI SDK over %s', (_, transport) => {
  it('draws, and pays for the tokens of the picture', async () => {
    const usage = { input_tokens: 10, output_tokens: 272, total_tokens: 282 }
    const body = JSON.stringify({ created: 1, data: [{ b64_json: 'iVBORw0KGgo=' }], usage })
    const { openai, spentUsd } = await governed({ type: 'application/json', body }, transport())
    const { image } = await ai.generateImage({ model: openai.image('gpt-image-1.5'), prompt: 'A sea otter' })
    expect(image.base64).toBe('iVBORw0KGgo=')
    expect(await spentUsd()).toBeCloseTo((10 * 5 + 272 * 32) / 1e6, 9)
  })

  it('speaks, and pays for the characters', async () => {
    const { openai, spentUsd } = await governed({ type: 'audio/mpeg', body: sound }, transport())
    const { audio } = await ai.generateSpeech({ model: openai.speech('tts-1'), text: 'a'.repeat(100) })
    expect(Buffer.from(audio.uint8Array).equals(sound)).toBe(true)
    expect(await spentUsd()).toBeCloseTo(0.0015, 9)
  })

  it('transcribes, and is charged for the seconds that the answer reports', async () => {
    const body = JSON.stringify({ text: 'Hello', usage: { type: 'duration', seconds: 12 } })
    const { openai, asked, spentUsd } = await governed({ type: 'application/json', body }, transport())
    const { text } = await ai.transcribe({ model: openai.transcription('whisper-1'), audio: sound })
    expect(text).toBe('Hello')
    expect(asked[0]!.body.includes(sound)).toBe(true)
    expect(await spentUsd()).toBeCloseTo(0.0012, 9)
  })
})
