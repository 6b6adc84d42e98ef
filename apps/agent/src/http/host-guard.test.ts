import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'

let agent: TestAgent
afterEach(() => agent.stop())

function statusFor(host: string, path = '/status'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(new URL(path, agent.url), { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

describe('an agent on loopback', () => {
  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example:3000'])(
    'refuses a page that calls it %s, as anybody may make a name resolve to loopback',
    async (host) => {
      agent = await startTestAgent()
      expect(await statusFor(host)).toBe(403)
      expect(await statusFor(host, '/chat')).toBe(403)
    },
  )

  it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1:80', '[::1]:3000'])('accepts %s', async (host) => {
    agent = await startTestAgent()
    expect(await statusFor(host)).toBe(200)
  })

  it('accepts names that its operator allows, as a proxy on the same machine needs', async () => {
    agent = await startTestAgent({ ALLOWED_HOSTS: 'shop.example.com' })
    expect(await statusFor('shop.example.com')).toBe(200)
  })
})

describe('an agent that others reach', () => {
  it('accepts every host name, because the probes of a platform use addresses', async () => {
    agent = await startTestAgent({ HOST: '0.0.0.0' })
    expect(await statusFor('10.0.0.7', '/health')).toBe(200)
  })
})
