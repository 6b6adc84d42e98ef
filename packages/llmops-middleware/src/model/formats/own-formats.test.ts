import { describe, expect, it } from 'vitest'
import { answeringServer } from '../../../test/support/answering-server.ts'
import { InvalidOptionError } from '../../errors.ts'
import { createLlmOps, type WireFormat } from '../../index.ts'
import { WIRE_FORMATS } from './index.ts'

/** An API of nobody's: a prompt and a cap, answered by a text and two counts. */
const generate: WireFormat = {
  name: 'house.generate',
  operation: 'chat',
  exampleUrls: ['https://models.example/v1/generate'],
  maxRequestBytes: 1_000_000,
  recognises: (url) => url.pathname.endsWith('/generate'),
  provider: () => 'house',
  read: (_, { model, most }) =>
    typeof model === 'string' ? { model, maxOutputTokens: Number(most), isStream: false } : undefined,
  write: ({ url, body }, { model, maxOutputTokens }) => ({
    url,
    text: JSON.stringify({ ...body, model, most: maxOutputTokens }),
  }),
  readAnswer: ({ read, written }) => ({ usage: { inputTokens: Number(read), outputTokens: Number(written) } }),
  streamReader: () => {
    throw new Error('It has no streams.')
  },
  errorBody: ({ message, code }) => ({ problem: message, code }),
}

const asked = { model: 'gpt-4o', prompt: 'Hello', most: 100 }

async function start(limitUsd: number) {
  const { url, asked } = await answeringServer(() => ({ text: 'Hello!', read: 1000, written: 10 }))
  const budget = { limitUsd, waitForHoldsMs: 0, downshift: { at: 1, to: { 'gpt-4o': 'gpt-4o-mini' } } }
  const ops = createLlmOps({ defaultTenant: 'contoso', budget, formats: [generate] })
  const post = (path: string, body: object) =>
    ops.fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  return { ops, asked, post }
}

describe('a wire format of your own', () => {
  it('has its calls held, asked and charged like any other', async () => {
    const { ops, post, asked: sent } = await start(1)
    const response = await post('/v1/generate', asked)
    expect(await response.json()).toMatchObject({ text: 'Hello!' })
    expect(sent[0]?.body).toEqual(asked)
    await ops.close()
    // 1,000 in and 10 out, at $2.50 and $10 a million.
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd: 0.0026, heldUsd: 0 })
  })

  it('is written anew for a cheaper model, and refused in its own shape', async () => {
    const cheaper = await start(0.0001)
    expect((await cheaper.post('/v1/generate', asked)).status).toBe(200)
    expect(cheaper.asked[0]?.body).toMatchObject({ model: 'gpt-4o-mini' })
    const { post, asked: sent } = await start(0)
    const response = await post('/v1/generate', asked)
    expect([response.status, await response.json()]).toMatchObject([402, { code: 'budget_exceeded' }])
    expect(sent).toHaveLength(0)
  })

  it('leaves the built-in formats what is theirs', async () => {
    const { ops, post } = await start(1)
    const messages = [{ role: 'user', content: 'Hello' }]
    await post('/v1/chat/completions', { model: 'gpt-4o', messages, max_tokens: 10 })
    await ops.close()
    // An answer without usage counts as the worst case, which only a governed one does.
    expect((await ops.budget.read('contoso')).spentUsd).toBeGreaterThan(0)
  })

  it.each<[string, WireFormat[], RegExp]>([
    ['every URL', [{ ...generate, recognises: () => true }], /`formats\[0\]` claims https:\/\/api\.openai\.com/],
    [
      'a URL of a built-in one by its example',
      [{ ...generate, exampleUrls: ['https://models.example/v1/messages'], recognises: () => false }],
      /`formats\[0\]` claims https:\/\/models\.example\/v1\/messages, which is of anthropic/,
    ],
    [
      'what the one before it claims',
      [generate, { ...generate, name: 'other' }],
      /`formats\[1\]` claims|`formats\[0\]`/,
    ],
    ['a name that is taken', [{ ...generate, name: 'openai.chat' }], /`formats\[0\]\.name`.*no other wire format/],
    [
      'examples that it does not recognise',
      [{ ...generate, exampleUrls: ['https://models.example/else'] }],
      /`formats\[0\]\.exampleUrls`.*recognises/,
    ],
  ])('is refused when it claims %s', (_, formats, message) => {
    expect(() => createLlmOps({ formats })).toThrow(InvalidOptionError)
    expect(() => createLlmOps({ formats })).toThrow(message)
  })

  it.each(WIRE_FORMATS)('would be refused for claiming what $name does, whose examples are its own', (format) => {
    expect(format.exampleUrls?.length).toBeGreaterThan(0)
    for (const url of format.exampleUrls!) {
      const claims = WIRE_FORMATS.filter((other) => other.recognises(new URL(url)))
      expect(claims).toEqual([format])
    }
  })
})
