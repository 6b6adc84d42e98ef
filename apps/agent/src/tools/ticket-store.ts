import { randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type NewTicket = {
  readonly subject: string
  readonly summary: string
  readonly priority: 'low' | 'normal' | 'high'
  readonly orderId?: string
}

export type Ticket = NewTicket & { readonly id: string; readonly openedAt: string }

/** Tickets on disk. The same idempotency key gives the same ticket, whichever process asks and however often. */
export class TicketStore {
  readonly #database: DatabaseSync

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#database = new DatabaseSync(join(folder, 'tickets.db'))
    // Two slots on one machine share the file.
    this.#database.exec(`
      PRAGMA busy_timeout = 5000;
      PRAGMA journal_mode = WAL;
      CREATE TABLE IF NOT EXISTS ticket (
        idempotency_key TEXT PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        tenant TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        content TEXT NOT NULL
      ) STRICT`)
  }

  open(ticket: NewTicket, tenant: string, idempotencyKey: string): Ticket {
    this.#database
      .prepare('INSERT INTO ticket VALUES (?, ?, ?, ?, ?) ON CONFLICT (idempotency_key) DO NOTHING')
      .run(idempotencyKey, newId(), tenant, new Date().toISOString(), JSON.stringify(ticket))
    const row = this.#database.prepare('SELECT * FROM ticket WHERE idempotency_key = ?').get(idempotencyKey)!
    return {
      ...(JSON.parse(String(row['content'])) as NewTicket),
      id: String(row['id']),
      openedAt: String(row['opened_at']),
    }
  }

  count(): number {
    return Number(this.#database.prepare('SELECT count(*) AS tickets FROM ticket').get()!['tickets'])
  }

  close(): void {
    this.#database.close()
  }
}

/** Short enough to say on the phone; the table refuses the one in 10^9 that repeats. */
function newId(): string {
  return `T-${randomInt(1e8, 1e9)}`
}
