import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { sourceArguments } from 'command-line/source-arguments'

const PACKAGE = resolve(import.meta.dirname, '../..')
export const REGISTER = join(PACKAGE, 'src/register/main.ts')

export type App = {
  readonly calls: readonly string[]
  /** What a request to the app brings. */
  ask(call: string, headers?: Record<string, string>): Promise<{ readonly status: number; readonly body: any }>
  /** What it has written to stderr. */
  readonly stderr: string
  /** Ends it as apps end: nothing is left to do. */
  end(): Promise<number | null>
}

export type AppOptions = {
  readonly node?: string
  readonly kind: 'esm.mjs' | 'commonjs.cjs'
  /** @default the sources of the entry point, once */
  readonly imports?: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Without what a test runner and its launcher add, such as paths to more packages. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_PATH: __, ...own } = process.env
  return own
}

/** Starts the app as its operator does: the same program, with one more argument. */
export async function startApp({ node = process.execPath, kind, imports = [REGISTER], env }: AppOptions): Promise<App> {
  const child: ChildProcess = spawn(
    node,
    [
      ...sourceArguments(),
      '--disable-warning=ExperimentalWarning',
      ...imports.flatMap((file) => ['--import', file]),
      join(import.meta.dirname, 'app', kind),
    ],
    { cwd: PACKAGE, env: { ...ownEnvironment(), ...env }, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  )
  let stderr = ''
  child.stderr!.on('data', (chunk) => {
    stderr += chunk
  })
  const exited = once(child, 'exit')
  const message = await Promise.race([once(child, 'message'), exited.then(() => undefined)])
  if (message === undefined) throw new Error(`The app did not start: ${stderr}`)
  const { port, calls } = message[0] as { port: number; calls: readonly string[] }
  return {
    calls,
    get stderr() {
      return stderr
    },
    async ask(call, headers = {}) {
      const response = await fetch(`http://127.0.0.1:${port}/${call}`, { headers })
      return { status: response.status, body: await response.json() }
    },
    async end() {
      child.disconnect()
      const [code] = await exited
      return code
    },
  }
}
