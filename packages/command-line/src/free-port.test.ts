import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'

/** Linux gives ports from 32,768 on to sockets that ask for any; a Redis of a cluster needs one that is 10,000 higher. */
const FIRST_LEFT_OUT = 22_768

it('returns ports that no other socket is given before the process listens, and none twice', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, freePort))
  expect(new Set(ports).size).toBe(20)
  expect(Math.max(...ports)).toBeLessThan(FIRST_LEFT_OUT)
})

it('passes over a port on which something listens', async () => {
  const taken = (await freePort()) + 1
  const server = createServer().listen(taken, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  expect(await freePort()).toBeGreaterThan(taken)
})
