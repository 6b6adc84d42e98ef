import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { npxCommand } from './npx.js'

export const packageDir = fileURLToPath(new URL('../packages/llmops-middleware', import.meta.url))

/** `npm`, as it is started without a shell. */
export const npmCommand = npxCommand().map((part) => part.replace(/npx(?=(-cli\.js)?$)/, 'npm')) as [
  command: string,
  ...args: string[],
]

/** Builds the package anew from its sources, packs it into the folder, and returns the path of the tarball. */
export async function packPackage(destination: string): Promise<string> {
  for (const folder of ['dist', 'commonjs/dist']) await rm(join(packageDir, folder), { recursive: true, force: true })
  const [npm, ...args] = npmCommand
  const pack = [...args, 'pack', '--json', '--pack-destination', destination]
  const { stdout } = await promisify(execFile)(npm, pack, { cwd: packageDir })
  // npm prints what `prepack` prints before its own answer.
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [{ filename: string }]
  return join(destination, filename)
}
