import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsageError } from 'command-line'

export type ShellFile = {
  readonly path: string
  /** What the fault changed. */
  readonly changed: Readonly<Record<string, string>>
  /** Everything that the process of the app finds, with what was changed. */
  readonly environment: Readonly<Record<string, string>>
  readonly title: string
}

/**
 * Writes a file for `llmops doctor --env-file` and `node --env-file`, which a POSIX shell can source as well, to stand where
 * the app stands. Only its owner may read it: secrets are in it.
 */
export async function writeShellFile({ path, changed, environment, title }: ShellFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const others = Object.entries(environment).filter(([name]) => !Object.hasOwn(changed, name))
  const lines = [
    `# ${title}`,
    '# Changed:',
    ...Object.entries(changed).map(exported),
    '# As the app has it:',
    ...others.map(exported),
    '',
  ]
  // A file that was there keeps its mode.
  await rm(path, { force: true })
  await writeFile(path, lines.join('\n'), { mode: 0o600 })
}

/** As Node and a POSIX shell both read it: neither has a way to write a quotation mark inside of its own kind for both. */
function exported([name, value]: readonly [string, string]): string {
  if (!value.includes("'")) return `export ${name}='${value}'`
  if (!/["$`\\]/.test(value)) return `export ${name}="${value}"`
  throw new UsageError(`The variable ${name} has both kinds of quotation marks, or one and a $: no file can carry it.`)
}
