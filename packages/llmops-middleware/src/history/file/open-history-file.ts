import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { nodeSqlite } from '../../node-sqlite.ts'
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts'

/** How long opening the file may wait for another process that opens the same file. */
const OPEN_TIMEOUT_MS = 5000
/** How long writing a batch may wait. Waiting blocks the process that serves requests, so the next batch retries. */
const BUSY_MS = 20
const LARGEST_LOG = 4 * 1024 * 1024

/**
 * Opens the file, or creates it and its folder. A file of another program or of a newer release is not changed.
 *
 * @throws Error that says why the file cannot be used.
 */
export function openHistoryFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true })
  const database = new (nodeSqlite().DatabaseSync)(path, { timeout: OPEN_TIMEOUT_MS })
  try {
    if (isEmpty(database)) create(database)
    check(database, path)
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${BUSY_MS};
       PRAGMA journal_size_limit = ${LARGEST_LOG}`,
    )
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Opens the file read-only, so that the agent that writes it may be running.
 *
 * @throws Error that says why the file cannot be used.
 */
export function openForReading(path: string): DatabaseSync {
  const database = new (nodeSqlite().DatabaseSync)(path, { readOnly: true, timeout: OPEN_TIMEOUT_MS })
  try {
    check(database, path)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

export function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

function create(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    if (isEmpty(database)) database.exec(SCHEMA)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function check(database: DatabaseSync, path: string): void {
  if (pragma(database, 'application_id') !== APPLICATION_ID) throw new Error(`${path} is not a history of tasks.`)
  const version = pragma(database, 'user_version')
  if (version !== SCHEMA_VERSION) {
    throw new Error(`${path} has schema version ${version}; this release reads ${SCHEMA_VERSION}.`)
  }
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
}
