import { randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'

export type NewTicket = {
  readonly subject: string
  readonly summary: string
  readonly priority: 'low' | 'normal' | 'high'
  readonly orderId?: string
}

export type Ticket = NewTicket & { readonly id: string; readonly openedAt: string }

/** The longest wait for a file that another process has locked. */
const LOCK_TIMEOUT_MS = 5000
const RETRY_MS = 25

/** Tickets on disk. Every call with the same idempotency key returns the same ticket, also from another process. */
export class TicketStore {
  readonly #database: DatabaseSync

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#database = new DatabaseSync(join(folder, 'tickets.db'))
    // Two slots on one machine share the file. SQLite's own wait blocks the whole process, so it is used only here,
    // while the process starts.
    this.#database.exec(`
      PRAGMA busy_timeout = ${LOCK_TIMEOUT_MS};
      PRAGMA journal_mode = WAL;
      CREATE TABLE IF NOT EXISTS ticket (
        idempotency_key TEXT PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        tenant TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        content TEXT NOT NULL
      ) STRICT;
      PRAGMA busy_timeout = 0`)
  }

  /** Opens a ticket. While the file is locked it waits without blocking the process. */
  async open(ticket: NewTicket, tenant: string, idempotencyKey: string, signal?: AbortSignal): Promise<Ticket> {
    const insert = this.#database.prepare(
      'INSERT INTO ticket VALUES (?, ?, ?, ?, ?) ON CONFLICT (idempotency_key) DO NOTHING',
    )
    for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
      try {
        insert.run(idempotencyKey, newId(), tenant, new Date().toISOString(), JSON.stringify(ticket))
        break
      } catch (error) {
        if (!isLocked(error) || waitedMs >= LOCK_TIMEOUT_MS) throw error
        await delay(RETRY_MS, undefined, { signal })
      }
    }
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

/** SQLITE_BUSY, or one of its extended codes. */
const isLocked = (error: unknown) => (Number((error as { errcode?: unknown } | null)?.errcode) & 0xff) === 5

/** Short enough to say on the phone. The table refuses an id that is already taken. */
function newId(): string {
  return `T-${randomInt(1e8, 1e9)}`
}
