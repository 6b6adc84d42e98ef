import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

it('opens one ticket for one idempotency key, however often it is asked', () => {
  const store = new TicketStore(folder)
  const first = store.open(ticket, 'contoso', 'key-1')
  expect(store.open({ ...ticket, subject: 'Other' }, 'contoso', 'key-1')).toEqual(first)
  expect(store.count()).toBe(1)
})

it('keeps a ticket over a restart', () => {
  const before = new TicketStore(folder)
  const opened = before.open(ticket, 'contoso', 'key-1')
  before.close()
  expect(new TicketStore(folder).open(ticket, 'contoso', 'key-1')).toEqual(opened)
})
