// Plain JavaScript, because the hooks of azd use it before anything is installed, with any version of Node.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * How `npx` is started without a shell. Windows has only `npx.cmd`, which Node refuses to start (nodejs/node#52681); the
 * script that it starts is in the folder of Node, or in that of another `npx` on the PATH.
 */
export function npxCommand({ platform = process.platform, execPath = process.execPath, path = process.env.PATH } = {}) {
  if (platform !== 'win32') return ['npx']
  const folders = [join(execPath, '..'), ...(path ?? '').split(';')]
  const script = folders
    .map((folder) => join(folder, 'node_modules/npm/bin/npx-cli.js'))
    .find((file) => existsSync(file))
  if (script === undefined)
    throw new Error('There is no npm in the folder of Node or on the PATH: install Node from nodejs.org.')
  return [execPath, script]
}
