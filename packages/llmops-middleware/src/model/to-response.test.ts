import { describe, expect, it } from 'vitest'
import { toResponse } from './to-response.ts'

const text = '{"answer":"Grüße"}'
const headers = { 'content-type': 'application/json', 'content-length': '99', 'x-request-id': 'r1' }
const read = () => toResponse({ status: 201, headers: new Headers(headers), body: { text, value: JSON.parse(text) } })

describe('an answer that was read', () => {
  it('is a Response with the status and the headers of the provider', () => {
    const response = read()
    expect(response).toBeInstanceOf(Response)
    expect([response.status, response.ok, response.headers.get('x-request-id')]).toEqual([201, true, 'r1'])
  })

  it('can be read in every way that a body can', async () => {
    expect(await read().text()).toBe(text)
    expect(await read().json()).toEqual({ answer: 'Grüße' })
    expect(Buffer.from(await read().arrayBuffer()).toString()).toBe(text)
    expect(Buffer.from(await read().bytes()).toString()).toBe(text)
    expect(await (await read().blob()).text()).toBe(text)
    expect(await new Response(read().body).text()).toBe(text)
  })

  it('can be read once, as a body can', async () => {
    const response = read()
    expect(response.bodyUsed).toBe(false)
    await response.json()
    expect(response.bodyUsed).toBe(true)
    await expect(response.text()).rejects.toThrow(TypeError)
    expect(() => response.clone()).toThrow(TypeError)
  })

  it('can be cloned before it is read, with a value of its own', async () => {
    const response = read()
    const [one, other] = await Promise.all([response.clone().json(), response.json()])
    expect(one).toEqual(other)
    expect(one).not.toBe(other)
  })

  it('is a failure of the server where its status is one that no Response can have', async () => {
    const response = toResponse({ status: 999, headers: new Headers(headers), body: { text } })
    expect([response.ok, response.status >= 500, await response.text()]).toEqual([false, true, text])
  })
})
