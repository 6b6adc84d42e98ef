// Any instance behind the front door can continue a conversation, whichever instance answered before.
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport, type VersionNegotiationMode } from '@modelcontextprotocol/client'
import { type Platform, startPlatform } from 'local-azure'
import { afterAll, beforeAll, expect, it } from 'vitest'

const SNAPSHOT = fileURLToPath(new URL('../../../../infra/main.snapshot.json', import.meta.url))
const AGENT = fileURLToPath(new URL('../main.ts', import.meta.url))
const CONVERSATIONS = 200
/** Half of them speak the old protocol, half the new one. */
const CLIENTS = 20
const TALKATIVE = 4
const LONGEST_PAUSE_MS = 20

type Tally = { readonly total: number; readonly version: number; readonly handle: string; readonly served_by: string }

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({
    snapshot: SNAPSHOT,
    entry: AGENT,
    instances: 3,
    exportTelemetry: false,
    environment: {
      production: { RELEASE: 'v1', MAX_CONCURRENT_TASKS: '1000' },
      staging: { RELEASE: 'v2', MAX_CONCURRENT_TASKS: '1000' },
    },
  })
})
afterAll(() => platform?.close())

it('keeps 200 totals right over three instances that are killed, replaced and swapped meanwhile', {
  timeout: 240_000,
}, async () => {
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => connect(index % 2 === 0 ? 'legacy' : { pin: '2026-07-28' })),
  )
  const served = new Set<string>()
  const conversations = Array.from({ length: CONVERSATIONS }, (_, seed) => {
    const client = clients[seed % CLIENTS]!
    const conversation = { expected: 0, steps: 0, last: undefined as Tally | undefined, goOn }
    return conversation

    async function goOn(): Promise<void> {
      const amount = ((seed * 31 + conversation.steps * 17) % 101) - 50
      conversation.steps++
      conversation.expected += amount
      conversation.last = await persistently(() => add(client, amount, conversation.last?.handle))
      served.add(conversation.last.served_by)
    }
  })
  /** All run at once; some run until the kills, replacements and swaps are over. */
  const talkWhile = async (happens: () => Promise<unknown>) => {
    const happening = { isOver: false }
    const done = happens().finally(() => {
      happening.isOver = true
    })
    const talking = conversations.map(async ({ goOn }, index) => {
      await goOn()
      while (index < TALKATIVE && !happening.isOver) await goOn()
    })
    await Promise.all([done, ...talking])
  }

  const [first] = platform.instances('production') as [string]
  await talkWhile(async () => {})
  expect(served.size).toBe(3)
  await talkWhile(() => platform.kill('production', first))
  await talkWhile(() => platform.replace(first))
  await talkWhile(() => platform.promote())
  await talkWhile(async () => {})

  // Three instances of v1, one replacement, and three instances of v2.
  expect(served.size).toBe(7)
  for (const { last, expected, steps } of conversations) expect(last).toMatchObject({ total: expected, version: steps })
  await Promise.all(clients.map((client) => client.close()))
})

async function connect(mode: VersionNegotiationMode): Promise<Client> {
  return await persistently(async () => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', platform.productionUrl)))
    return client
  })
}

/** @throws with the tool's message if the tool refused. */
async function add(client: Client, amount: number, handle?: string): Promise<Tally> {
  const answer = await client.callTool({ name: 'tally', arguments: { add: amount, ...(handle && { handle }) } })
  if (answer.isError) throw new Error(JSON.stringify(answer.content))
  return answer.structuredContent as Tally
}

/** Retries a call that reached a dead instance. The next instance gets it, and a retry adds nothing twice. */
async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === 20) throw error
      // Two callers that retry in step could reach the same dead instance each time.
      await delay(Math.random() * LONGEST_PAUSE_MS)
    }
  }
}
