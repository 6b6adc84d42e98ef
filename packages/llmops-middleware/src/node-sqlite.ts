import { checkNode } from './node-version.ts'

/**
 * The SQLite of Node.js, loaded where a file is opened, not where its module is imported: Node.js says then that it is
 * experimental, and an older one that it has none.
 *
 * @throws Error
 */
export function nodeSqlite(): typeof import('node:sqlite') {
  checkNode()
  return process.getBuiltinModule('node:sqlite')
}
