import { PDFDocument } from 'pdf-lib'
import sharp, { type Sharp } from 'sharp'
import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import { createRateCard } from '../../pricing/index.ts'
import { memorySeen } from '../../seen.ts'
import { anthropicMessages } from '../formats/anthropic-messages.ts'
import { openAiChat } from '../formats/openai-chat.ts'
import { openAiResponses } from '../formats/openai-responses.ts'
import type { WireFormat } from '../index.ts'
import { HeldInput } from './held-input.ts'

const rateCard = createRateCard()

/** What is held beside the text of a request with one part. */
function heldFor(format: WireFormat, model: string, part: object): number {
  const messages = [{ role: 'user', content: [part] }]
  const body = { model, max_tokens: 1, ...(format === openAiResponses ? { input: messages } : { messages }) }
  const facts = format.read(new URL(format.exampleUrls![0]!), body)!
  const options = { attachments: facts.attachments, inputs: 1, rateCard, seen: memorySeen(), known: [] }
  return new HeldInput({ ...options, textTokens: 0 }).tokensOn(model)
}

const chatPart = (url: string, detail?: string) => ({
  type: 'image_url',
  image_url: { url, ...(detail === undefined ? {} : { detail }) },
})
const dataUrl = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: 90, g: 20, b: 200 } } })

describe('a picture in the request', () => {
  // developers.openai.com/api/docs/guides/images-vision and platform.claude.com/docs/en/build-with-claude/vision,
  // whose examples these are as far as they have one.
  it.each([
    ['gpt-4o', 1024, 1024, 765],
    ['gpt-4o', 2048, 4096, 1105],
    ['gpt-4o', 64, 128, 255],
    ['gpt-4o', 512, 512, 255],
    ['gpt-4o', 513, 512, 425],
    ['gpt-4o-mini', 1024, 1024, 2_833 + 4 * 5_667],
    ['gpt-4.1', 1024, 1024, 765],
    ['gpt-5', 1024, 1024, 70 + 4 * 140],
    ['o1', 1024, 1024, 75 + 4 * 150],
    ['gpt-4.1-mini', 1024, 1024, Math.ceil(1024 * 1.62)],
    ['gpt-4.1-nano', 1024, 1024, Math.ceil(1024 * 2.46)],
    ['o4-mini', 1024, 1024, Math.ceil(1024 * 1.72)],
    ['gpt-5.4', 1024, 1024, Math.ceil(1024 * 1.2)],
    ['gpt-5.6-terra', 3200, 3200, 12_000],
    // 1,452 of 1,536: nobody can pass the most.
    ['gpt-4.1-mini', 1800, 2400, Math.ceil(1536 * 1.62)],
    ['claude-sonnet-4-5', 200, 200, 64],
    ['claude-sonnet-4-5', 1000, 1000, 1334],
    ['claude-sonnet-4-5', 1092, 1092, 1590],
    ['claude-sonnet-4-5', 4000, 3000, 1640],
    // Long before it is large: its long edge is made 1,568 first.
    ['claude-sonnet-4-5', 3869, 491, 448],
    ['claude-opus-4-8', 1920, 1080, 2765],
    ['claude-opus-4-8', 4000, 3000, 4784],
    ['gemini-2.5-flash', 384, 384, 258],
    ['gemini-2.5-flash', 960, 540, 6 * 258],
    ['gemini-3.5-flash', 960, 540, 2_240],
  ])('counts on %s with %d × %d pixels %d tokens', async (model, width, height, tokens) => {
    const png = await plain(width, height).png().toBuffer()
    expect(heldFor(openAiChat, model, chatPart(dataUrl('image/png', png)))).toBe(tokens)
  })

  it('in low detail counts the same whatever its size, where there is such', async () => {
    const url = dataUrl('image/png', await plain(1024, 1024).png().toBuffer())
    expect(heldFor(openAiChat, 'gpt-4o', chatPart(url, 'low'))).toBe(85)
    expect(heldFor(openAiResponses, 'gpt-5', { type: 'input_image', image_url: url, detail: 'low' })).toBe(70)
    expect(heldFor(openAiChat, 'gpt-4.1-mini', chatPart(url, 'low'))).toBe(1659)
    expect(heldFor(openAiChat, 'gpt-4o', chatPart('https://example.com/a.png', 'low'))).toBe(85)
  })

  const size = fc.record({ width: fc.integer({ min: 1, max: 1800 }), height: fc.integer({ min: 1, max: 1800 }) })

  // libvips wrote them, so that nothing of ours agrees with itself.
  it.each([
    ['PNG', 'image/png', (picture: Sharp) => picture.png()],
    ['JPEG', 'image/jpeg', (picture: Sharp) => picture.jpeg()],
    ['progressive JPEG', 'image/jpeg', (picture: Sharp) => picture.jpeg({ progressive: true, mozjpeg: true })],
    [
      'JPEG with a profile and what a camera writes',
      'image/jpeg',
      (picture: Sharp) =>
        picture
          .withExif({ IFD0: { Copyright: 'x'.repeat(40_000) } })
          .withIccProfile('p3')
          .jpeg(),
    ],
    ['lossy WebP', 'image/webp', (picture: Sharp) => picture.webp()],
    ['lossless WebP', 'image/webp', (picture: Sharp) => picture.webp({ lossless: true })],
    ['WebP with a profile', 'image/webp', (picture: Sharp) => picture.withIccProfile('p3').webp()],
    ['GIF', 'image/gif', (picture: Sharp) => picture.gif()],
  ])('is as large as its encoder made it: %s', async (_, type, encode) => {
    await fc.assert(
      fc.asyncProperty(size, async ({ width, height }) => {
        const bytes = await encode(plain(width, height)).toBuffer()
        const tokens = Math.ceil(Math.min(10_000, Math.ceil(width / 32) * Math.ceil(height / 32)) * 1.2)
        expect(heldFor(openAiChat, 'gpt-5.4', chatPart(dataUrl(type, bytes)))).toBe(tokens)
      }),
      { numRuns: 12 },
    )
  })

  it('is read at any depth and in each format', async () => {
    const bytes = await plain(1000, 1000).jpeg().toBuffer()
    const data = bytes.toString('base64')
    const source = { type: 'base64', media_type: 'image/jpeg', data }
    const image = { type: 'image', source }
    expect(heldFor(anthropicMessages, 'claude-sonnet-4-5', image)).toBe(1334)
    expect(heldFor(anthropicMessages, 'claude-sonnet-4-5', { type: 'tool_result', content: [image, image] })).toBe(2668)
    const screenshot = { type: 'computer_screenshot', image_url: dataUrl('image/jpeg', bytes) }
    const output = { type: 'computer_call_output', call_id: 'a', output: screenshot }
    expect(heldFor(openAiResponses, 'gpt-5.4', output)).toBe(Math.ceil(32 * 32 * 1.2))
  })

  it.each([
    ['a format that is not read', 'image/avif', () => plain(64, 64).avif().toBuffer()],
    ['bytes that are none', 'image/png', async () => Buffer.alloc(3000, 7)],
    ['a head that is cut', 'image/png', async () => (await plain(64, 64).png().toBuffer()).subarray(0, 20)],
    ['no bytes', 'image/png', async () => Buffer.alloc(0)],
    ['a size of 0', 'image/png', async () => zeroed(await plain(64, 64).png().toBuffer())],
    ['a JPEG without a frame', 'image/jpeg', async () => Buffer.from('ffd8ffda000c'.padEnd(200, '0'), 'hex')],
    ['a JPEG of segments without an end', 'image/jpeg', async () => endless()],
  ])('of unknown size counts the most: %s', async (_, type, make) => {
    expect(heldFor(openAiChat, 'gpt-5.4', chatPart(dataUrl(type, await make())))).toBe(12_000)
  })

  it('in base64 with line breaks counts the most, because the positions of its bytes are unknown', async () => {
    const bytes = await plain(64, 64).jpeg().toBuffer()
    const wrapped = bytes.toString('base64').replace(/.{76}/g, '$&\n')
    expect(heldFor(openAiChat, 'gpt-5.4', chatPart(`data:image/jpeg;base64,${wrapped}`))).toBe(12_000)
    // Also where the break stands in what is skipped: behind it every byte seems to be another.
    const late = `${bytes.toString('base64').slice(0, 40)}\n${bytes.toString('base64').slice(40)}`
    expect(heldFor(openAiChat, 'gpt-5.4', chatPart(`data:image/jpeg;base64,${late}`))).toBe(12_000)
  })

  it('breaks nothing, whatever its bytes are, and never counts more than the most', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom('ffd8ff', '89504e47', '52494646', '474946'),
        (bytes, head) => {
          const url = dataUrl('image/png', Buffer.concat([Buffer.from(head, 'hex'), bytes]))
          const tokens = heldFor(openAiChat, 'gpt-5.4', chatPart(url))
          expect(tokens).toBeGreaterThanOrEqual(2)
          expect(tokens).toBeLessThanOrEqual(12_000)
        },
      ),
    )
  })
})

function zeroed(png: Buffer): Buffer {
  png.writeUInt32BE(0, 16)
  return png
}

function endless(): Buffer {
  return Buffer.concat([
    Buffer.from('ffd8', 'hex'),
    ...Array.from({ length: 5000 }, () => Buffer.from('ffe00002', 'hex')),
  ])
}

describe('a document in the request', () => {
  const PDF = 'application/pdf'

  async function pdf(pages: number, useObjectStreams: boolean): Promise<Buffer> {
    const document = await PDFDocument.create()
    for (let page = 0; page < pages; page += 1) document.addPage([300, 400]).drawText(`Page ${page}`)
    return Buffer.from(await document.save({ useObjectStreams }))
  }

  it.each([
    [1, false],
    [1, true],
    [7, false],
    [7, true],
    [250, true],
  ])('of %d pages is held by them, packed: %s', async (pages, isPacked) => {
    const bytes = await pdf(pages, isPacked)
    const file = { type: 'file', file: { filename: 'a.pdf', file_data: dataUrl(PDF, bytes) } }
    // A page is 3,000 tokens of text and a picture.
    expect(heldFor(openAiChat, 'gpt-4.1', file)).toBe(Math.min(pages * (3_000 + 1_445), 1_047_576))
    const source = { type: 'base64', media_type: PDF, data: bytes.toString('base64') }
    expect(heldFor(anthropicMessages, 'claude-sonnet-5', { type: 'document', source })).toBe(
      Math.min(pages * (3_000 + 4_784), 1_000_000),
    )
    const input = { type: 'input_file', filename: 'a.pdf', file_data: dataUrl(PDF, bytes) }
    expect(heldFor(openAiResponses, 'gpt-4.1', input)).toBe(Math.min(pages * 4_445, 1_047_576))
    expect(heldFor(openAiChat, 'gemini-2.5-pro', chatPart(dataUrl(PDF, bytes)))).toBe(pages * 258)
  })

  it('that cannot be read is held as the context of the model', async () => {
    const bytes = await pdf(3, true)
    const cut = bytes.subarray(0, bytes.length / 2)
    const locked = Buffer.concat([bytes, Buffer.from('trailer << /Encrypt 5 0 R >>')])
    for (const each of [cut, locked, Buffer.from('no document'), Buffer.alloc(0)]) {
      const file = { type: 'file', file: { file_data: dataUrl(PDF, each) } }
      expect(heldFor(openAiChat, 'gpt-4.1', file)).toBe(1_047_576)
    }
    const office = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
    const file = { type: 'input_file', file_data: dataUrl(office, Buffer.from('PK')) }
    expect(heldFor(openAiResponses, 'gpt-4.1', file)).toBe(1_047_576)
  })

  it('that is text counts its bytes, and not its base64', () => {
    const text = Buffer.from('a,b\n1,2\n'.repeat(300))
    const file = { type: 'input_file', filename: 'a.csv', file_data: dataUrl('text/csv', text) }
    expect(heldFor(openAiResponses, 'gpt-4.1', file)).toBe(text.length)
  })
})

describe('speech in the request', () => {
  const speech = (data: Buffer, format: string) => ({
    type: 'input_audio',
    input_audio: { format, data: data.toString('base64') },
  })

  /** 16 bits a sample, as recorders write it. */
  function wav(seconds: number, samplesPerSecond = 24_000, more = Buffer.alloc(0)): Buffer {
    const data = Buffer.alloc(seconds * samplesPerSecond * 2)
    const head = Buffer.alloc(36)
    head.write('RIFF', 0, 'latin1')
    head.write('WAVEfmt ', 8, 'latin1')
    head.writeUInt32LE(16, 16)
    head.writeUInt16LE(1, 20)
    head.writeUInt16LE(1, 22)
    head.writeUInt32LE(samplesPerSecond, 24)
    head.writeUInt32LE(samplesPerSecond * 2, 28)
    head.writeUInt16LE(2, 32)
    head.writeUInt16LE(16, 34)
    const size = Buffer.alloc(4)
    size.writeUInt32LE(data.length)
    return Buffer.concat([head, more, Buffer.from('data'), size, data])
  }

  /** Frames of 1,152 samples at 44,100 a second, at these rates. */
  function mp3(kilobits: readonly number[]): Buffer {
    const index = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    const frames = kilobits.map((rate) => {
      const frame = Buffer.alloc(Math.floor((144_000 * rate) / 44_100))
      frame.writeUInt32BE((0xfffb0000 | (index.indexOf(rate) << 12)) >>> 0)
      return frame
    })
    return Buffer.concat(frames)
  }

  it.each([
    ['gpt-audio', 10],
    ['gpt-4o-audio-preview', 10],
    ['gemini-2.5-flash', 32],
    ['voxtral-small-latest', 32],
  ])('counts on %s %d tokens a second', (model, tokens) => {
    expect(heldFor(openAiChat, model, speech(wav(60), 'wav'))).toBeGreaterThanOrEqual(60 * tokens)
    expect(heldFor(openAiChat, model, speech(wav(60), 'wav'))).toBeLessThanOrEqual(60 * tokens + 1)
  })

  it('is as long as its samples, whatever its header says and whatever comes before them', () => {
    const long = wav(60)
    long.writeUInt32LE(1, 28)
    long.writeUInt32LE(1, 40)
    expect(heldFor(openAiChat, 'gpt-audio', speech(long, 'wav'))).toBeGreaterThanOrEqual(600)
    const listed = wav(60, 8_000, Buffer.concat([Buffer.from('LIST'), Buffer.from([4, 0, 0, 0]), Buffer.from('INFO')]))
    expect(heldFor(openAiChat, 'gpt-audio', speech(listed, 'wav'))).toBeGreaterThanOrEqual(600)
    expect(heldFor(openAiChat, 'gpt-audio', speech(listed, 'wav'))).toBeLessThan(602)
  })

  it.each([
    ['one rate', Array.from({ length: 383 }, () => 128)],
    ['rates that change', Array.from({ length: 383 }, (_, index) => [32, 128, 320][index % 3]!)],
  ])('of ten seconds in MP3 of %s counts 100 tokens', (_, rates) => {
    const tokens = heldFor(openAiChat, 'gpt-audio', speech(mp3(rates), 'mp3'))
    expect(tokens).toBeGreaterThanOrEqual(100)
    expect(tokens).toBeLessThanOrEqual(102)
  })

  it('behind the picture of a cover counts as long as it is', () => {
    const cover = Buffer.alloc(10 + 300)
    cover.write('ID3', 0, 'latin1')
    cover[8] = 2
    cover[9] = 300 - 256
    const tokens = heldFor(openAiChat, 'gpt-audio', speech(Buffer.concat([cover, mp3(Array(383).fill(64))]), 'mp3'))
    expect(tokens).toBeGreaterThanOrEqual(100)
    expect(tokens).toBeLessThanOrEqual(102)
  })

  it('that cannot be read counts as much as the smallest files of speech', () => {
    expect(heldFor(openAiChat, 'gpt-audio', speech(Buffer.alloc(60_000, 1), 'opus'))).toBe(600)
    expect(heldFor(openAiChat, 'gpt-audio', speech(Buffer.from('RIFF....WAVE'), 'wav'))).toBe(1)
  })
})
