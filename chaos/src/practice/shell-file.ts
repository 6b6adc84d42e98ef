import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export type ShellFile = {
  readonly path: string
  /** What the fault changed. */
  readonly changed: Readonly<Record<string, string>>
  /** Everything that the process of the app finds, with what was changed. */
  readonly environment: Readonly<Record<string, string>>
  readonly title: string
}

/** Writes a file that a shell can source, to stand where the app stands. Only its owner may read it: secrets are in it. */
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

const exported = ([name, value]: readonly [string, string]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`
