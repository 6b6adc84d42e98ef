import { basename, dirname, relative, sep } from 'node:path'

export type Caller = {
  /** The second of `process.argv`: the file, or a link to it. */
  readonly command: string
  /** Options of Node itself. */
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** How `llmops` was called, as a command line that starts it again in any shell. Every hint begins with it. */
export function calledAs({ command, execArgv, env, cwd }: Caller): string {
  const [, manager, major] = /^(\w+)\/(\d+)/.exec(env['npm_config_user_agent'] ?? '') ?? []
  if (manager === 'npm') return 'npx llmops'
  // Without pnpm, npx fetches it into a folder of its own.
  if (manager === 'pnpm')
    return `${/[\\/]_npx[\\/]/.test(env['npm_execpath'] ?? '') ? `npx --yes pnpm@${major}` : 'pnpm'} llmops`
  if (manager === 'yarn') return 'yarn llmops'
  if (manager === 'bun') return 'bunx llmops'
  if (basename(command) === 'llmops') {
    return dirname(command).endsWith(`node_modules${sep}.bin`) ? 'npx llmops' : 'llmops'
  }
  const path = relative(cwd, command)
  // A folder elsewhere is not told by the way to it.
  return ['node', ...execArgv, path.startsWith('..') ? command : path].map(quoted).join(' ')
}

const quoted = (part: string) => (/\s/.test(part) ? `"${part}"` : part)
