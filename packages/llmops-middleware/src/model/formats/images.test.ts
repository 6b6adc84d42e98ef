import OpenAI, { AzureOpenAI, toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import { byteProvider, withoutBoundary } from '../../../test/support/byte-provider.ts'
import { eventsOf } from '../../../test/support/provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { createLlmOps, type LlmOpsOptions } from '../../index.ts'

/** As developers.openai.com/api/docs/guides/image-generation has it: two texts and pictures in, a picture out. */
const usage = {
  total_tokens: 4_500,
  input_tokens: 340,
  output_tokens: 4_160,
  input_tokens_details: { text_tokens: 17, image_tokens: 323 },
}
/** 17 text tokens at $5, 323 of pictures at $8, 4,160 drawn at $32 a million. */
const usageUsd = (17 * 5 + 323 * 8 + 4_160 * 32) / 1e6

const json = (value: object) => ({ type: 'application/json', body: JSON.stringify(value) })
const drawn = json({ created: 1, data: [{ b64_json: 'AAAA' }], usage })
const linked = (count: number) => json({ created: 1, data: Array(count).fill({ url: 'https://pictures/1.png' }) })

/** A PNG of 64 × 64, whose bytes are no text in any encoding. */
const png = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d4948445200000040000000400802000000', 'hex'),
  Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 151) % 256)),
  Buffer.from('\r\n--not the boundary\r\n'),
])

async function paying(answer: { type: string; body: string }, limitUsd = 100, options: LlmOpsOptions = {}) {
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
    async spentUsd() {
      await ops.budget.drain()
      const { spentUsd, heldUsd, unknownUsd } = await ops.budget.read('contoso')
      expect([heldUsd, unknownUsd]).toEqual([0, 0])
      return spentUsd
    },
  }
}

describe('a picture that is asked for', () => {
  it.each([
    ['gpt-image-1.5', usageUsd],
    // Text at $5, pictures at $8, drawn at $30 a million.
    ['gpt-image-2-2026-04-21', (17 * 5 + 323 * 8 + 4_160 * 30) / 1e6],
    // $2, $2.50 and $8.
    ['gpt-image-1-mini', (17 * 2 + 323 * 2.5 + 4_160 * 8) / 1e6],
    ['openai/gpt-image-1.5', usageUsd],
  ])('of %s costs its tokens, as text and as pictures', async (model, usd) => {
    const { openai, spentUsd } = await paying(drawn)
    const { data } = await openai.images.generate({ model, prompt: 'A sea otter' })
    expect(data).toEqual([{ b64_json: 'AAAA' }])
    expect(await spentUsd()).toBeCloseTo(usd, 9)
  })

  it('costs less for what a cache had, and apart for the text that its model wrote', async () => {
    const told = {
      input_tokens: 1_000,
      output_tokens: 500,
      total_tokens: 1_500,
      input_tokens_details: { text_tokens: 1_000, image_tokens: 0, cached_tokens: 400 },
      output_tokens_details: { text_tokens: 100, image_tokens: 400 },
    }
    const { openai, spentUsd } = await paying(json({ created: 1, data: [{ b64_json: 'AAAA' }], usage: told }))
    await openai.images.generate({ model: 'gpt-image-1.5', prompt: 'A sea otter' })
    expect(await spentUsd()).toBeCloseTo((600 * 5 + 400 * 1.25 + 100 * 10 + 400 * 32) / 1e6, 9)
  })

  it.each<[string, object, number, number]>([
    ['dall-e-3', {}, 1, 0.04],
    ['dall-e-3', { size: '1024x1024', quality: 'hd' }, 1, 0.08],
    ['dall-e-3', { size: '1792x1024', quality: 'standard' }, 1, 0.08],
    ['dall-e-3', { size: '1024x1792', quality: 'hd' }, 1, 0.12],
    // No size and no quality of the list: the dearest that it can be.
    ['dall-e-3', { size: '4096x4096', quality: 'ultra' }, 1, 0.12],
    ['dall-e-2', { n: 3, size: '256x256' }, 3, 0.048],
    ['dall-e-2', { n: 2, size: '512x512' }, 2, 0.036],
    ['dall-e-2', { n: 2 }, 2, 0.04],
    // Fewer came than were asked for.
    ['dall-e-2', { n: 4 }, 1, 0.02],
  ])('of %s with %j, of which %i come, costs what each does', async (model, asked, came, usd) => {
    const { openai, spentUsd } = await paying(linked(came))
    await openai.images.generate({ model, prompt: 'A sea otter', ...asked })
    expect(await spentUsd()).toBeCloseTo(usd, 9)
  })

  it('is of the deployment on Azure, whatever the request names', async () => {
    const rateCard = { deployments: { drawings: 'gpt-image-1.5' } }
    const { azure, asked, spentUsd } = await paying(drawn, 100, { rateCard })
    await azure.images.generate({ model: 'drawings', prompt: 'A sea otter' })
    expect(asked[0]!.path).toContain('/openai/deployments/drawings/images/generations')
    expect(await spentUsd()).toBeCloseTo(usageUsd, 9)
  })

  it('is refused where nothing is left, and where less is left than it can cost', async () => {
    for (const [limitUsd, asked] of [
      [0, { model: 'gpt-image-1.5' }],
      [0, { model: 'dall-e-2' }],
      [0.0399, { model: 'dall-e-3' }],
      [0.1, { model: 'gpt-image-2', size: '1024x1024', quality: 'high' } as const],
    ] as const) {
      const { openai, asked: sent } = await paying(drawn, limitUsd)
      const drawing = openai.images.generate({ prompt: 'A sea otter', ...asked })
      await expect(drawing).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
      expect(sent).toEqual([])
    }
  })

  it('is admitted where the same in a lower quality fits', async () => {
    const { openai, asked } = await paying(drawn, 0.1)
    await openai.images.generate({ model: 'gpt-image-2', prompt: 'A', size: '1024x1024', quality: 'low' })
    expect(JSON.parse(String(asked[0]!.body))).toEqual({
      model: 'gpt-image-2',
      prompt: 'A',
      size: '1024x1024',
      quality: 'low',
    })
  })

  it.each(['gpt-image-2.6-sunburst', 'chatgpt-image-latest', undefined])(
    'is refused of a model whose price nobody documents: %s',
    async (model) => {
      const { openai, asked } = await paying(drawn)
      const drawing = openai.images.generate({ prompt: 'A sea otter', ...(model && { model }) })
      await expect(drawing).rejects.toMatchObject({ status: 402, code: 'unknown_model_price' })
      expect(asked).toEqual([])
    },
  )

  it('has a price of its own by `overrides`', async () => {
    const price = { inputUsdPerMillion: 0, outputUsdPerMillion: 0, pictureUsd: 0.07 }
    const { openai, spentUsd } = await paying(linked(2), 1, { rateCard: { overrides: { 'flux-pro': price } } })
    await openai.images.generate({ model: 'flux-pro', prompt: 'A sea otter', n: 2 })
    expect(await spentUsd()).toBeCloseTo(0.14, 9)
  })

  it('costs no chat by the token where its model is billed by the picture', async () => {
    const { openai, asked } = await paying(drawn)
    const chat = openai.chat.completions.create({ model: 'dall-e-3', messages: [{ role: 'user', content: 'Hi' }] })
    await expect(chat).rejects.toMatchObject({ status: 402, code: 'unknown_model_price' })
    expect(asked).toEqual([])
  })

  it('costs its hold, shown as unknown, if its tokens are not reported', async () => {
    const { openai, ops } = await paying(linked(1))
    await openai.images.generate({ model: 'gpt-image-1.5', prompt: 'A', size: '1024x1024', quality: 'low' })
    await ops.budget.drain()
    const { spentUsd, unknownUsd } = await ops.budget.read('contoso')
    expect(spentUsd).toBeCloseTo((1 * 8 + 750 * 32) / 1e6, 9)
    expect(unknownUsd).toBe(spentUsd)
  })

  it('costs nothing when the provider answers with an error', async () => {
    const { openai, spentUsd } = await paying(json({ error: { message: 'blocked', code: 'moderation_blocked' } }))
    await openai.images.generate({ model: 'dall-e-3', prompt: 'A' })
    expect(await spentUsd()).toBe(0)
  })
})

describe('a stream of a picture', () => {
  const partial = { type: 'image_generation.partial_image', b64_json: 'AAAA', partial_image_index: 0 }
  const completed = { type: 'image_generation.completed', b64_json: 'BBBB', usage }

  it('comes event for event, and costs what its end says', async () => {
    const { openai, bare, spentUsd } = await paying({
      type: 'text/event-stream',
      body: eventsOf(partial, completed),
    })
    const params = { model: 'gpt-image-1.5', prompt: 'A', stream: true, partial_images: 1 } as const
    const seen: unknown[][] = []
    for (const client of [bare, openai]) {
      const events: unknown[] = []
      for await (const event of await client.images.generate(params)) events.push(event)
      seen.push(events)
    }
    expect(seen[1]).toEqual(seen[0])
    expect(seen[1]).toHaveLength(2)
    expect(await spentUsd()).toBeCloseTo(usageUsd, 9)
  })

  it('that is left costs its hold: what was drawn is billed', async () => {
    const { openai, ops } = await paying({ type: 'text/event-stream', body: eventsOf(partial) })
    const stream = await openai.images.generate({
      model: 'gpt-image-1.5',
      prompt: 'A',
      size: '1024x1024',
      quality: 'low',
      stream: true,
      partial_images: 2,
    })
    for await (const _ of stream) break
    await ops.budget.drain()
    expect((await ops.budget.read('contoso')).spentUsd).toBeCloseTo((1 * 8 + 950 * 32) / 1e6, 9)
  })
})

describe.each(TRANSPORTS)('pictures that are edited, over %s', (_, transport) => {
  const prompt = 'Add a beret – Baskenmütze'

  it('reach the provider byte for byte, and are held by their size', async () => {
    const { openai, bare, asked, spentUsd } = await paying(drawn, 100, { fetch: transport() })
    for (const client of [bare, openai]) {
      await client.images.edit({
        model: 'gpt-image-1.5',
        prompt,
        image: [await toFile(png, 'a "b".png', { type: 'image/png' }), await toFile(png, 'ü.png')],
        mask: await toFile(png, 'mask.png'),
      })
    }
    const [alone, governed] = asked
    expect(governed!.body.includes(png)).toBe(true)
    expect(withoutBoundary(governed!)).toBe(withoutBoundary(alone!))
    expect(await spentUsd()).toBeCloseTo(usageUsd, 9)
  })

  it('are refused where nothing is left', async () => {
    const { openai, asked } = await paying(drawn, 0, { fetch: transport() })
    const image = await toFile(png, 'a.png')
    const edit = openai.images.edit({ model: 'gpt-image-1.5', prompt, image })
    await expect(edit).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
    const variation = openai.images.createVariation({ image })
    await expect(variation).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
    expect(asked).toEqual([])
  })

  it('cost each variation what DALL·E does', async () => {
    const { openai, spentUsd } = await paying(linked(2), 100, { fetch: transport() })
    await openai.images.createVariation({ image: await toFile(png, 'a.png'), n: 2, size: '512x512' })
    expect(await spentUsd()).toBeCloseTo(0.036, 9)
  })

  it.each(['bytes', 'a stream', 'a Request', 'a FormData'] as const)('are read from %s too', async (kind) => {
    const { ops, url, asked, spentUsd } = await paying(drawn, 100, { fetch: transport() })
    const form = new FormData()
    form.append('model', 'gpt-image-1.5')
    form.append('prompt', prompt)
    form.append('image', new Blob([png]), 'a.png')
    const made = new Response(form)
    const headers = { 'content-type': made.headers.get('content-type')! }
    const body = Buffer.from(await made.arrayBuffer())
    const target = `${url}/v1/images/edits`
    const method = 'POST'
    if (kind === 'bytes') await (await ops.fetch(target, { method, headers, body })).text()
    if (kind === 'a FormData') await (await ops.fetch(target, { method, body: form })).text()
    if (kind === 'a Request') await (await ops.fetch(new Request(target, { method, headers, body }))).text()
    if (kind === 'a stream') {
      const stream = new Blob([body]).stream()
      const init = { method, headers, body: stream, duplex: 'half' } as RequestInit
      await (await ops.fetch(target, init)).text()
    }
    const written = { path: '', type: headers['content-type'], body }
    expect(withoutBoundary(asked[0]!)).toBe(withoutBoundary(written))
    expect(await spentUsd()).toBeCloseTo(usageUsd, 9)
  })

  it('go to the model of a route, with nothing else changed', async () => {
    const target = { name: 'elsewhere', model: 'gpt-image-1.5', deployment: 'drawings' }
    const { openai, bare, asked } = await paying(drawn, 100, { fetch: transport(), route: { targets: [target] } })
    const image = await toFile(png, 'a.png')
    await openai.images.edit({ model: 'gpt-image-1.5', prompt, image })
    await bare.images.edit({ model: 'drawings', prompt, image })
    expect(withoutBoundary(asked[0]!)).toBe(withoutBoundary(asked[1]!))
  })
})

describe('pictures that are edited as JSON', () => {
  it('are held each as the most that one can count, and cost what the answer reports', async () => {
    const { openai, ops, url, asked, spentUsd } = await paying(drawn)
    const images = [{ image_url: 'https://pictures/1.png' }, { file_id: 'file_1' }]
    const body = JSON.stringify({ model: 'gpt-image-1.5', prompt: 'A', quality: 'low', images })
    const headers = { 'content-type': 'application/json' }
    await (await ops.fetch(`${url}/v1/images/edits`, { method: 'POST', headers, body })).text()
    expect(String(asked[0]!.body)).toBe(body)
    expect(await spentUsd()).toBeCloseTo(usageUsd, 9)
    // Two pictures of 8,369 tokens at $8 and one of 750 at $32 need more than this.
    await ops.budget.setLimit({ tenant: 'contoso', limitUsd: usageUsd + 0.157 })
    const edit = openai.post('/images/edits', { body: JSON.parse(body) })
    await expect(edit).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
    await ops.budget.setLimit({ tenant: 'contoso', limitUsd: usageUsd + 0.158 })
    await openai.post('/images/edits', { body: JSON.parse(body) })
  })
})

describe('a form that can be read in several ways', () => {
  it.each([
    ['two models', 'model=dall-e-2&model=dall-e-3'],
    ['a count that is no number', 'model=dall-e-2&n=many'],
  ])('is refused on a host of models: %s', async (_, fields) => {
    const { ops, asked } = await paying(drawn)
    const form = new FormData()
    for (const [name, value] of new URLSearchParams(fields)) form.append(name, value)
    form.append('prompt', 'A')
    form.append('image', new Blob([png]), 'a.png')
    const response = await ops.fetch('https://api.openai.com/v1/images/edits', { method: 'POST', body: form })
    expect([response.status, asked.length]).toEqual([400, 0])
    expect(await response.json()).toMatchObject({ error: { code: 'ungoverned_request' } })
  })
})
