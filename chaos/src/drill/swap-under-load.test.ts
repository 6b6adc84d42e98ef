import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { startPlatform } from 'local-azure'
import { expect, it, onTestFinished } from 'vitest'
import { type Sample, summarise } from '../load/tally.ts'
import { AgentClient } from '../target/agent-client.ts'

const SNAPSHOT = fileURLToPath(new URL('../../../infra/main.snapshot.json', import.meta.url))
const AGENT = fileURLToPath(new URL('../../../apps/agent/src/main.ts', import.meta.url))

// Each task has an effect that can be counted: it opens one ticket.
const PROMPT = 'The tent of my order ORD-1001 is torn. Please open a ticket for a person.'

const USERS = 50

it('a swap under 50 users who ask without a pause loses no request and runs no task twice', {
  timeout: 240_000,
}, async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'swap-'))
  onTestFinished(() => rmSync(dataFolder, { recursive: true, force: true }))
  const platform = await startPlatform({
    snapshot: SNAPSHOT,
    entry: AGENT,
    dataFolder,
    exportTelemetry: false,
    model: { mistakeRate: 0 },
    environment: { production: { RELEASE: 'v1' }, staging: { RELEASE: 'v2' } },
  })
  onTestFinished(() => platform.close())
  const agent = new AgentClient({ baseUrl: new URL(platform.productionUrl), tenant: 'load', timeoutMs: 60_000 })
  const samples: Sample[] = []
  const stop = new AbortController()
  // Each asks again when it was answered, at the pace that the machine has: at a rate, a slow one would only fall behind.
  const users = Array.from({ length: USERS }, async () => {
    while (!stop.signal.aborted) samples.push(await agent.chat(PROMPT))
  })
  const answers = (count: number) =>
    expect.poll(() => samples.length, { timeout: 100_000 }).toBeGreaterThanOrEqual(count)
  await answers(USERS)
  await platform.promote()
  await answers(samples.length + USERS)
  stop.abort()
  await Promise.all(users)
  const sent = samples.length
  const { statuses, instances, succeeded } = summarise(samples)

  expect({ statuses, succeeded }).toEqual({ statuses: { 200: sent }, succeeded: sent })
  expect(Object.keys(instances)).toHaveLength(2)
  expect(ticketsIn(dataFolder)).toBe(sent)
})

function ticketsIn(folder: string): number {
  const database = new DatabaseSync(join(folder, 'tickets.db'), { readOnly: true })
  const row = database.prepare('SELECT count(*) AS tickets FROM ticket').get()
  database.close()
  return Number(row?.['tickets'])
}
