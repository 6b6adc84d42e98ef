import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'

it('a free port is one that can be listened on, and none that the system gives to somebody else meanwhile', async () => {
  const port = await freePort()
  expect(port).toBeLessThan(22_768)
  const server = createServer().listen(port, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
})
