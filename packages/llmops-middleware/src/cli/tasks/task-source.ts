import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FileTasks, type KeptTask, openForReading, type TaskRow } from '../../history/index.ts'
import type { CommandOption, Given } from '../command.ts'
import { UsageError } from '../usage-error.ts'
import type { World } from '../world.ts'

/** The tasks of an agent, wherever they are. */
export type TaskSource = {
  list(query: { isFailed: boolean; tenant: string | undefined; limit: number }): Promise<readonly TaskRow[]>
  get(id: string): Promise<KeptTask | undefined>
  close(): void
}

export const SOURCE_OPTIONS: Readonly<Record<string, CommandOption>> = {
  file: {
    type: 'string',
    value: 'PATH',
    description: 'the history that a dashboard writes (.data/history.db, DATA_DIR)',
  },
  url: { type: 'string', value: 'URL', description: 'where a dashboard is, instead of a file (127.0.0.1, PORT)' },
  'token-env': { type: 'string', value: 'NAME', description: 'the variable that holds its token (ADMIN_TOKEN)' },
}

/** A file is read as it is, also while its agent runs: nothing in it is changed. */
export function taskSource({ options }: Given, world: World): TaskSource {
  const { file, url } = options
  if (file !== undefined && url !== undefined)
    throw new UsageError('--file and --url exclude each other: give one of them.')
  if (url !== undefined) return fromUrl(dashboardUrl(String(url)), tokenOf(options, world), world)
  const path = resolve(
    world.cwd,
    file === undefined ? join(world.env['DATA_DIR'] || '.data', 'history.db') : String(file),
  )
  if (existsSync(path)) return fromFile(path)
  if (file !== undefined) throw new UsageError(`--file ${file}: there is no such file.`)
  return fromUrl(new URL(`http://127.0.0.1:${world.env['PORT'] || 3000}/`), tokenOf(options, world), world, path)
}

function fromFile(path: string): TaskSource {
  const database = open(path)
  const tasks = new FileTasks(database)
  return {
    list: async (query) => tasks.list(query).tasks,
    get: async (id) => tasks.get(id),
    close: () => database.close(),
  }
}

function open(path: string): ReturnType<typeof openForReading> {
  try {
    return openForReading(path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

/** @param sought the file that was looked for first. */
function fromUrl(url: URL, token: string | undefined, { signal }: World, sought?: string): TaskSource {
  const ask = async (path: string) => {
    const response = await reach(new URL(path, url), token, signal, sought)
    if (response.status === 401) {
      throw new UsageError(`${url} asks for a token: set ADMIN_TOKEN, or name its variable with --token-env.`)
    }
    const isJson = response.headers.get('content-type')?.includes('json')
    if (response.status === 404 && isJson) return undefined
    if (!response.ok || !isJson) {
      throw new UsageError(`${url} answered with status ${response.status}. Is a dashboard mounted there?`)
    }
    return await response.json()
  }
  return {
    async list({ isFailed, tenant, limit }) {
      const query = new URLSearchParams({
        limit: String(limit),
        ...(isFailed && { failed: '1' }),
        ...(tenant && { tenant }),
      })
      const list = (await ask(`api/tasks?${query}`)) as { tasks?: readonly TaskRow[] } | undefined
      if (!list?.tasks) throw new UsageError(`There is no dashboard at ${url}. Name where it is mounted with --url.`)
      return list.tasks
    },
    get: async (id) => (await ask(`api/tasks/${encodeURIComponent(id)}`)) as KeptTask | undefined,
    close: () => {},
  }
}

async function reach(url: URL, token: string | undefined, signal: AbortSignal, sought?: string): Promise<Response> {
  try {
    return await fetch(url, { signal, headers: token ? { authorization: `Bearer ${token}` } : {} })
  } catch (error) {
    if (signal.aborted) throw error
    const hint = sought === undefined ? '' : `, and there is no ${sought}`
    const next = 'Start the agent, or name its dashboard with --url or its history with --file.'
    throw new UsageError(`${url.origin} does not answer (${whyUnreached(error)})${hint}. ${next}`)
  }
}

/** `fetch` hides the reason in the cause, which has no code where `fetch` itself refuses the port. */
function whyUnreached(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Partial<NodeJS.ErrnoException> }
  if (cause?.message === 'bad port') return 'bad port: fetch refuses it, as it is reserved for another protocol'
  return cause?.code ?? cause?.message ?? message
}

function dashboardUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`--url must be an http or https URL, such as http://127.0.0.1:3000/ops, got '${text}'.`)
  }
  // What is asked for is in the folder of the page.
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function tokenOf(options: Given['options'], { env }: World): string | undefined {
  const name = options['token-env'] === undefined ? 'ADMIN_TOKEN' : String(options['token-env'])
  if (options['token-env'] !== undefined && !env[name])
    throw new UsageError(`--token-env ${name}: that variable is not set.`)
  return env[name]
}
