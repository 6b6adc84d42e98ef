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

/** How long a file that another process has locked is waited for. */
const LOCKED_MS = 5000
const RETRY_MS = 25

/** Tickets on disk. The same idempotency key gives the same ticket, whichever process asks and however often. */
export class TicketStore {
  readonly #database: DatabaseSync

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#database = new DatabaseSync(join(folder, 'tickets.db'))
    // Two slots on one machine share the file. SQLite waits within its call, where nothing else of the process goes on:
    // once, while it starts.
    this.#database.exec(`
      PRAGMA busy_timeout = ${LOCKED_MS};
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

  /** Waits for a file that is locked, and lets everything else go on meanwhile. */
  async open(ticket: NewTicket, tenant: string, idempotencyKey: string, signal?: AbortSignal): Promise<Ticket> {
    const insert = this.#database.prepare(
      'INSERT INTO ticket VALUES (?, ?, ?, ?, ?) ON CONFLICT (idempotency_key) DO NOTHING',
    )
    for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
      try {
        insert.run(idempotencyKey, newId(), tenant, new Date().toISOString(), JSON.stringify(ticket))
        break
      } catch (error) {
        if (!isLocked(error) || waitedMs >= LOCKED_MS) throw error
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

/** SQLITE_BUSY, with or without its extension. */
const isLocked = (error: unknown) => (Number((error as { errcode?: unknown } | null)?.errcode) & 0xff) === 5

/** Short enough to say on the phone; the table refuses the one in 10^9 that repeats. */
function newId(): string {
  return `T-${randomInt(1e8, 1e9)}`
}
