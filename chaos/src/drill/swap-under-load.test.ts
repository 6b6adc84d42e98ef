import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startPlatform } from 'local-azure'
import { expect, onTestFinished, test } from 'vitest'
import { openLoop } from '../load/open-loop.ts'
import { type Sample, summarise } from '../load/tally.ts'
import { AgentClient } from '../target/agent-client.ts'

const SNAPSHOT = fileURLToPath(new URL('../../../infra/main.snapshot.json', import.meta.url))
const AGENT = fileURLToPath(new URL('../../../apps/agent/src/main.ts', import.meta.url))

// Each task has an effect that can be counted: it opens one ticket.
const PROMPT = 'The tent of my order ORD-1001 is torn. Please open a ticket for a person.'

// On a slow machine more tasks pile up than the agent admits by default.
const ANY_NUMBER = { MAX_CONCURRENT_TASKS: '10000' }

test('a swap under 50 users a second loses no request and runs no task twice', { timeout: 120_000 }, async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'swap-'))
  onTestFinished(() => rmSync(dataFolder, { recursive: true, force: true }))
  const platform = await startPlatform({
    snapshot: SNAPSHOT,
    entry: AGENT,
    dataFolder,
    exportTelemetry: false,
    model: { mistakeRate: 0 },
    environment: { production: { RELEASE: 'v1', ...ANY_NUMBER }, staging: { RELEASE: 'v2', ...ANY_NUMBER } },
  })
  onTestFinished(() => platform.close())
  const agent = new AgentClient({ baseUrl: new URL(platform.productionUrl), tenant: 'load', timeoutMs: 60_000 })
  const samples: Sample[] = []
  const stop = new AbortController()
  const load = openLoop({ ratePerSecond: 50, signal: stop.signal }, async () => {
    samples.push(await agent.chat(PROMPT))
  })
  await delay(500)
  await platform.promote()
  await delay(500)
  stop.abort()
  const { sent, shed } = await load
  const { statuses, instances, succeeded } = summarise(samples)

  expect({ shed, statuses, succeeded }).toEqual({ shed: 0, statuses: { 200: sent }, succeeded: sent })
  expect(Object.keys(instances)).toHaveLength(2)
  expect(ticketsIn(dataFolder)).toBe(sent)
})

function ticketsIn(folder: string): number {
  const database = new DatabaseSync(join(folder, 'tickets.db'), { readOnly: true })
  const row = database.prepare('SELECT count(*) AS tickets FROM ticket').get()
  database.close()
  return Number(row?.['tickets'])
}
