import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that a system assigns on request: from 32,768 on Linux, from 49,152 elsewhere. One of those
 * could go to another socket before the process that it is meant for listens. What is 10,000 above is left too, on which a
 * Redis of a cluster talks to others.
 */
const [LOWEST, HIGHEST] = [10_100, 22_767]
/** Processes that follow each other have ids that do, and so begin apart. */
const PORTS_A_PROCESS = 50

let next = LOWEST + ((process.pid * PORTS_A_PROCESS) % (HIGHEST - LOWEST))

/** A free port of loopback for a process that is started next. It returns no port twice in this process. */
export async function freePort(): Promise<number> {
  for (let tried = LOWEST; tried <= HIGHEST; tried++) {
    const port = next
    next = port === HIGHEST ? LOWEST : port + 1
    if (await isFree(port)) return port
  }
  throw new Error(`No port from ${LOWEST} to ${HIGHEST} is free.`)
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
