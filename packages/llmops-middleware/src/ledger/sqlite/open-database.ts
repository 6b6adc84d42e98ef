import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { nodeSqlite } from '../../node-sqlite.ts'
import { LedgerCorruptedError } from '../ledger-corrupted-error.ts'
import { ADDED_COLUMN, ADDED_TABLES, APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts'
import { describeFailure } from './sqlite-failure.ts'

/** How long opening may wait for other processes that open the same file. */
const OPEN_TIMEOUT_MS = 5000

/**
 * Opens the file, or creates it with its folder. A file that is damaged, is not a ledger, or has a newer version is left as
 * it is.
 *
 * @throws LedgerCorruptedError | LedgerUnavailableError
 */
export function openDatabase(path: string, synchronous: 'full' | 'normal'): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    database = new (nodeSqlite().DatabaseSync)(path, { timeout: OPEN_TIMEOUT_MS })
    if (isEmpty(database)) createSchema(database)
    checkSchema(database, path)
    addMissing(database)
    // From here on, operations wait for locks of other processes without blocking the event loop.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA busy_timeout = 0`)
    return database
  } catch (error) {
    database?.close()
    throw describeFailure(error, path, 'open its file')
  }
}

function createSchema(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    if (isEmpty(database)) database.exec(SCHEMA)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function addMissing(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(ADDED_TABLES)
    const columns = database.prepare("SELECT name FROM pragma_table_info('account_period')").all()
    if (!columns.some(({ name }) => name === 'earlier_at_ms')) database.exec(ADDED_COLUMN)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function checkSchema(database: DatabaseSync, path: string): void {
  if (pragma(database, 'application_id') !== APPLICATION_ID) {
    throw new LedgerCorruptedError(path, 'it is a database of another program')
  }
  const version = pragma(database, 'user_version')
  if (version !== SCHEMA_VERSION) {
    throw new LedgerCorruptedError(path, `it has schema version ${version}, this release reads ${SCHEMA_VERSION}`)
  }
  const damage = pragma(database, 'quick_check(1)', 'quick_check')
  if (damage !== 'ok') throw new LedgerCorruptedError(path, `it is damaged (${damage})`)
}

function isEmpty(database: DatabaseSync): boolean {
  return (
    pragma(database, 'application_id') === 0 &&
    pragma(database, 'user_version') === 0 &&
    database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  )
}

function pragma(database: DatabaseSync, name: string, column = name): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[column]
}
