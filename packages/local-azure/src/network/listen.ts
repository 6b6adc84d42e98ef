import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Listening = { readonly server: Server; readonly url: string; close(): Promise<void> }

/** Serves on a free port of 127.0.0.1. `close` also ends open connections. */
export async function listen(handle: RequestListener): Promise<Listening> {
  const server = createServer(handle)
  // An idle connection is left to its client: one that this end closes may be in use again by then, and is reset.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    server,
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
