import { checkNode } from './node-version.ts'

/**
 * Loads the SQLite of Node.js. Only when a file is opened, because loading it prints a warning that it is experimental,
 * and an older Node.js does not have it.
 *
 * @throws Error
 */
export function nodeSqlite(): typeof import('node:sqlite') {
  checkNode()
  return process.getBuiltinModule('node:sqlite')
}
