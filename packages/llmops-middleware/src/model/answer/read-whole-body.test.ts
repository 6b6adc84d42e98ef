import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readWholeBody } from './read-whole-body.ts'

/** What is read, within 1,000 bytes, of a compressed answer from a real server. */
async function readCompressed(text: string): Promise<string | undefined> {
  const body = gzipSync(text)
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.byteLength }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return (await readWholeBody(response, 1000, new AbortController().signal)).text
  } finally {
    server.close()
  }
}

describe('a compressed answer', () => {
  it('is read when its text is within the limit', async () => {
    expect(await readCompressed('a'.repeat(1000))).toBe('a'.repeat(1000))
  })

  it('is given up when it grows past the limit, however short it is on the wire', async () => {
    expect(await readCompressed('a'.repeat(100_000))).toBeUndefined()
  })
})
