import { existsSync } from 'node:fs'
import type { Context } from '../context.ts'
import { bounded } from '../probes/bounded.ts'
import type { Finding } from '../report.ts'

const LOCK_MS = 500

/** The file of the SQLite ledger, asked as its next writer would ask it. */
export async function checkLedger({ app, variables, signal }: Context): Promise<readonly Finding[]> {
  const file = app?.ledgerFile
  if (file === undefined) return [{ layer: 'ledger', status: 'skipped', detail: where(variables) }]
  if (!existsSync(file)) return [{ layer: 'ledger', status: 'ok', detail: `${file} is made by the first start` }]
  const asked = await bounded(LOCK_MS * 4, signal, () => tryToWrite(file))
  if (asked.ok) {
    return [{ layer: 'ledger', status: 'ok', detail: `${file} takes writes, ${asked.value} tables`, ms: asked.ms }]
  }
  const { message } = asked.error
  return [{ layer: 'ledger', status: 'failed', detail: `${file}: ${message}`, next: hintFor(message), ms: asked.ms }]
}

const where = (variables: Context['variables']) =>
  variables['REDIS_URL'] ? 'the budget is counted in Redis' : 'no SQLite file of a budget is named'

/** Takes the lock of a writer, reads, and gives it back: nothing in the file changes. */
async function tryToWrite(file: string): Promise<number> {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(file)
  try {
    database.exec(`PRAGMA busy_timeout = ${LOCK_MS}; BEGIN IMMEDIATE`)
    const { tables } = database.prepare("SELECT count(*) AS tables FROM sqlite_master WHERE type = 'table'").get() as {
      tables: number
    }
    database.exec('ROLLBACK')
    return tables
  } finally {
    database.close()
  }
}

function hintFor(message: string): string {
  if (/locked|busy/i.test(message)) return 'A process keeps the lock: look for one that hangs, or for a copy that runs.'
  if (/not a database|malformed|corrupt/i.test(message))
    return 'The file is damaged: stop the app, keep a copy of the file, and restore it from a backup.'
  if (/readonly|read-only|unable to open/i.test(message))
    return 'The user of the app may not write it: look at its owner and at the mount.'
  return 'Look at the disk and at the owner of the file.'
}
