import { startRedisServer } from 'test-support/redis-server'
import { afterEach, expect, it } from 'vitest'
import { createAgentLog } from '../log/agent-log.ts'
import { connectRedis } from './redis-connection.ts'

const silent = createAgentLog({ isJson: true, write: () => {} })

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

it('an identity signs in with its token, and again before the token expires', async () => {
  const server = await redisFor('the-identity', ['token-1', 'token-2'])
  const naps: (() => void)[] = []
  const { redis, close } = await connectRedis({
    log: silent,
    url: new URL(`redis://the-identity@127.0.0.1:${server.port}`),
    credential: tokens('token-1', 'token-2'),
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        naps.push(resolve)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  })
  stops.push(async () => redis.disconnect(), close)
  expect(await redis.acl('WHOAMI')).toBe('the-identity')

  naps[0]?.()
  await expect.poll(() => naps.length).toBe(2)
  expect(redis.options.password).toBe('token-2')
  redis.disconnect(true)
  expect(await redis.acl('WHOAMI')).toBe('the-identity')
})

it('an identity without a token does not prevent the start, and signs in once it has one', async () => {
  const server = await redisFor('the-identity', ['token-1'])
  const naps: (() => void)[] = []
  const said: string[] = []
  const log = createAgentLog({ isJson: true, write: (_, line) => void said.push(JSON.parse(line).msg) })
  const { redis, close } = await connectRedis({
    log,
    url: new URL(`redis://the-identity@127.0.0.1:${server.port}`),
    credential: tokens('', 'token-1'),
    sleep: () => new Promise((resolve) => void naps.push(resolve)),
  })
  stops.push(
    async () => redis.disconnect(),
    close,
    async () => naps.at(-1)?.(),
  )
  await expect(redis.get('a')).rejects.toThrow(/NOAUTH|WRONGPASS/)
  expect(said[0]).toMatch(
    /^The identity of the agent got no token for Redis yet \(No token was there\.\)\. .* in 5 s\. If this continues, /,
  )
  expect(said.join()).not.toContain('\n')

  naps[0]?.()
  await expect.poll(() => naps.length).toBe(2)
  expect(await redis.acl('WHOAMI')).toBe('the-identity')
})

it('a password in the URL is used as it is', async () => {
  const server = await redisFor('someone', ['secret'])
  const url = new URL(`redis://someone:secret@127.0.0.1:${server.port}`)
  const { redis } = await connectRedis({ log: silent, url, credential: tokens() })
  stops.push(async () => redis.disconnect())
  expect(await redis.acl('WHOAMI')).toBe('someone')
})

async function redisFor(user: string, passwords: readonly string[]) {
  const grants = passwords.map((password) => `>${password}`)
  const server = await startRedisServer({ args: ['--user', user, 'on', ...grants, '~*', '&*', '+@all'] })
  stops.push(() => server.stop())
  return server
}

function tokens(...values: string[]) {
  return {
    getToken: async () => {
      const token = values.shift()
      if (!token) throw new Error('No token was there.\nOr so it seems.')
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 }
    },
  }
}
