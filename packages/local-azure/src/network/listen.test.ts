import { expect, it, onTestFinished } from 'vitest'
import { listen } from './listen.ts'

it('ends no idle connection, on which a client may be sending the next request', async () => {
  const { server, url, close } = await listen((_, response) => response.end())
  onTestFinished(close)
  const { headers } = await fetch(url)
  // What a server says here is when it ends an idle connection.
  expect([headers.get('connection'), headers.get('keep-alive'), server.keepAliveTimeout]).toEqual([
    'keep-alive',
    null,
    0,
  ])
})
