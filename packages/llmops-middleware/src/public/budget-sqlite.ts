/**
 * A ledger in an SQLite file, for the processes of one machine.
 *
 * @module
 */
export { type SqliteLedgerOptions, sqliteLedger } from '../ledger/sqlite/sqlite-ledger.ts'
