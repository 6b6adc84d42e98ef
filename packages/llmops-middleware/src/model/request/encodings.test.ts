import { describe, expect, it } from 'vitest'
import { byteProvider } from '../../../test/support/byte-provider.ts'
import { createLlmOps } from '../../llmops.ts'

const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Grüße 👋, "NaN" and Infinity' }], max_tokens: 100 }
const json = JSON.stringify(body)
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const answer = { choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }], usage }

function utf32(text: string, isBigEndian: boolean): Buffer {
  const codes = Array.from(text, (character) => character.codePointAt(0)!)
  const bytes = Buffer.alloc(codes.length * 4)
  for (const [index, code] of codes.entries()) {
    if (isBigEndian) bytes.writeUInt32BE(code, index * 4)
    else bytes.writeUInt32LE(code, index * 4)
  }
  return bytes
}

const utf16 = (text: string) => Buffer.from(text, 'utf16le')
const ENCODED: readonly (readonly [string, Buffer])[] = [
  ['UTF-8 with a mark', Buffer.from(`\ufeff${json}`)],
  ['UTF-16', utf16(json)],
  ['UTF-16 with a mark', utf16(`\ufeff${json}`)],
  ['UTF-16, the other way round', utf16(json).swap16()],
  ['UTF-16, the other way round, with a mark', utf16(`\ufeff${json}`).swap16()],
  ['UTF-32', utf32(json, false)],
  ['UTF-32 with a mark', utf32(`\ufeff${json}`, false)],
  ['UTF-32, the other way round', utf32(json, true)],
  ['the numbers that Python writes', Buffer.from(json.replace('100}', '100,"temperature":NaN,"top_p":-Infinity}'))],
]

async function opsOver(limitUsd: number) {
  const provider = await byteProvider((response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd } })
  const post = (bytes: Buffer, isRequest: boolean) => {
    const url = `${provider.url}/v1/chat/completions`
    const init = { method: 'POST', body: new Uint8Array(bytes) }
    return isRequest ? ops.fetch(new Request(url, init)) : ops.fetch(url, init)
  }
  return { ...provider, ops, post }
}

it('a request with the numbers that Python writes is charged, however long its strings are', async () => {
  const { ops, post } = await opsOver(1000)
  const content = 'x'.repeat(6_000_000) + '\\n'.repeat(2_000_000)
  const text = `{"model":"gpt-4o","top_p":NaN,"max_tokens":1,"messages":[{"role":"user","content":"${content}"}]}`
  expect((await post(Buffer.from(text), false)).status).toBe(200)
  await ops.close()
  expect((await ops.budget.read('contoso')).spentUsd).toBeCloseTo((10 * 2.5 + 5 * 10) / 1e6, 9)
})

describe.each([false, true])('a request to a host that nobody knows (as a Request: %j)', (isRequest) => {
  it.each(ENCODED)('is refused without a budget in %s', async (_, bytes) => {
    const { post, asked } = await opsOver(0)
    expect((await post(bytes, isRequest)).status).toBe(402)
    expect(asked).toHaveLength(0)
  })

  it.each(ENCODED)('is charged and sent byte for byte in %s', async (_, bytes) => {
    const { ops, post, asked } = await opsOver(1)
    expect((await post(bytes, isRequest)).status).toBe(200)
    await ops.close()
    expect((await ops.budget.read('contoso')).spentUsd).toBeCloseTo((10 * 2.5 + 5 * 10) / 1e6, 9)
    expect(asked[0]!.body.equals(bytes)).toBe(true)
  })
})

it.each(ENCODED)('with a lower cap is sent as UTF-8 instead of %s', async (_, bytes) => {
  const { post, asked } = await opsOver(0.0012)
  expect((await post(bytes, false)).status).toBe(200)
  const sent = JSON.parse(asked[0]!.body.toString())
  expect(sent).toMatchObject({ model: 'gpt-4o', messages: body.messages })
  expect(sent.max_tokens).toBeLessThan(100)
})
