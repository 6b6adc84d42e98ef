import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * All below 32768, from where on Linux gives ports to whoever asks for any, and to connections that go out; so is what is
 * 10,000 above it, on which a Redis of a cluster talks to others.
 */
const LOWEST = 10_000
const ABOVE = 22_768

/** A port of loopback on which nobody listens, and which nobody gets by chance between now and its use. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, ABOVE)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
