import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { since } from './bounded.ts'

export type ImportFailure = { readonly name: string; readonly code: string; readonly message: string }

export type Imports = {
  readonly failed: readonly ImportFailure[]
  /** Of which the time ended before they said so. */
  readonly open: readonly string[]
  readonly ms: number
}

type Said = { readonly name: string; readonly failure?: { readonly code: string; readonly message: string } }

/** Evaluated in the folder of the app, from where its imports are found as the app finds them. */
const PROGRAM = `
const tell = (message) => new Promise((resolve) => process.send(message, resolve))
await Promise.all(process.argv.slice(1).map(async (name) => {
  try {
    await import(name)
    await tell({ name })
  } catch (error) {
    const message = String(error?.message ?? error).split('\\n')[0]
    await tell({ name, failure: { code: error?.code ?? error?.name ?? 'threw', message } })
  }
}))
process.exit(0)
`

/** What has no entry, such as a package of types or of programs, is not for importing. */
const NOT_FOR_IMPORT = ['ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_UNSUPPORTED_DIR_IMPORT']

/**
 * Imports packages as the app would, in a process of their own: what one of them does when it is imported happens there,
 * and ends with it.
 */
export async function importPackages(
  names: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string | undefined>>,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Imports> {
  const startedAtMs = performance.now()
  // Conditions under which packages are found, such as those of a workspace, hold for the app too.
  const conditions = process.execArgv.filter((arg) => /^(-C|--conditions)=/.test(arg))
  const child = spawn(process.execPath, [...conditions, '--input-type=module', '--eval', PROGRAM, ...names], {
    cwd: folder,
    env: { ...variables },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const open = new Set(names)
  const failed: ImportFailure[] = []
  child.on('message', ({ name, failure }: Said) => {
    open.delete(name)
    if (failure && !NOT_FOR_IMPORT.includes(failure.code)) failed.push({ name, ...failure })
  })
  let lastWords = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-4000)
  })
  const stop = () => child.kill('SIGKILL')
  const timer = setTimeout(stop, limitMs)
  signal.addEventListener('abort', stop, { once: true })
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  signal.removeEventListener('abort', stop)
  const ms = since(startedAtMs)
  // The process did not start: what NODE_OPTIONS loads before the app is broken.
  if (open.size === names.length && code !== null && code !== 0) {
    const message = lastWords.split('\n').find((line) => line.includes('Error')) ?? `exit code ${code}`
    return { failed: [{ name: 'node itself', code: 'start', message }], open: [], ms }
  }
  return { failed, open: [...open], ms }
}
