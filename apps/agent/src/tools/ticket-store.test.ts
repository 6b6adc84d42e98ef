import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type NewTicket, TicketStore } from './ticket-store.ts'

const ticket: NewTicket = {
  subject: 'Torn zip',
  summary: 'The zip of the tent is torn.',
  priority: 'normal',
  orderId: 'ORD-1002',
}
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('opens one ticket for one idempotency key, however often it is asked', async () => {
  const store = new TicketStore(folder)
  const first = await store.open(ticket, 'contoso', 'key-1')
  expect(await store.open({ ...ticket, subject: 'Other' }, 'contoso', 'key-1')).toEqual(first)
  expect(store.count()).toBe(1)
})

it('keeps a ticket over a restart', async () => {
  const before = new TicketStore(folder)
  const opened = await before.open(ticket, 'contoso', 'key-1')
  before.close()
  expect(await new TicketStore(folder).open(ticket, 'contoso', 'key-1')).toEqual(opened)
})

it('waits for a file that another process has locked, while everything else goes on', async () => {
  const store = new TicketStore(folder)
  const other = new DatabaseSync(join(folder, 'tickets.db'))
  other.exec('BEGIN EXCLUSIVE')
  const opening = store.open(ticket, 'contoso', 'key-1')
  // The event loop turns meanwhile, which it could not if SQLite itself waited.
  for (let turn = 0; turn < 3; turn++) await nextTurn()
  other.exec('COMMIT')
  expect(await opening).toMatchObject({ subject: 'Torn zip' })
  expect(store.count()).toBe(1)
})

it('ends the wait with the task', async () => {
  const store = new TicketStore(folder)
  const other = new DatabaseSync(join(folder, 'tickets.db'))
  other.exec('BEGIN EXCLUSIVE')
  const task = new AbortController()
  const opening = store.open(ticket, 'contoso', 'key-1', task.signal)
  task.abort()
  await expect(opening).rejects.toThrow()
  other.exec('COMMIT')
  expect(store.count()).toBe(0)
})
