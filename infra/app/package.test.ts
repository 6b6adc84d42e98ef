// What is deployed, made and started: a package that runs in the workspace only would fail on Azure first.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startModelEndpoint } from '../../packages/local-azure/src/model/index.ts'
import { type App, only, settingsOf } from '../committed-snapshot.ts'

const root = join(import.meta.dirname, '../..')
const MAX_FILES = 9_000
const MAX_BYTES = 50_000_000
/** Starts a command in a view of the disk of its own, in which its folder cannot be written to. */
const READ_ONLY = [
  'unshare',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  'mount --bind . . && mount -o remount,bind,ro . && cd "$PWD" && ! touch RELEASE 2>/dev/null && exec "$0" "$@"',
]
const canMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0
const { siteConfig } = only<App>('Microsoft.Web/sites').properties

describe('the package of the agent', () => {
  let folder = ''

  beforeAll(async () => {
    folder = join(mkdtempSync(join(tmpdir(), 'agent-')), 'dist')
    const env = { ...process.env, RELEASE: 'r1' }
    await promisify(execFile)(process.execPath, [join(root, 'scripts/package-agent.ts'), folder], { env })
  })

  afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

  it('holds no link, for a zip file keeps none', () => {
    const links = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isSymbolicLink(),
    )
    expect(links.map(({ name }) => name)).toEqual([])
  })

  it('says which release it is, and leaves out what is for development', () => {
    expect(readFileSync(join(folder, 'RELEASE'), 'utf8')).toBe('r1\n')
    for (const name of ['test', 'node_modules/local-azure', 'node_modules/playwright-core', 'node_modules/vitest']) {
      expect(existsSync(join(folder, name)), name).toBe(false)
    }
  })

  it('is small enough to be carried and mounted quickly', () => {
    const bytes = files().reduce((sum, file) => sum + statSync(file).size, 0)
    expect(files().length).toBeLessThanOrEqual(MAX_FILES)
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES)
  })

  it('holds no map, no typing and no test, but every licence', () => {
    const dependencies = files().filter((file) => file.includes('node_modules'))
    expect(dependencies.filter((file) => /\.(map|[cm]?ts|test\.js)$/.test(file)).slice(0, 5)).toEqual([])
    expect(dependencies.filter((file) => /\/licen[cs]e(\.\w+)?$/i.test(file)).length).toBeGreaterThan(100)
  })

  it('holds the page of the dashboard, which is served as it is written', () => {
    const page = 'node_modules/llmops-middleware/src/dashboard/page/main.js'
    expect(existsSync(join(folder, page))).toBe(true)
  })

  /** Of the package, with their whole paths. */
  function files(): string[] {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  }

  /** As the site starts it, with what cannot be had on one machine in the place of Azure's. */
  async function start(...options: Parameters<typeof startAgent>): Promise<string> {
    return (await startAgent(...options)).url
  }

  async function startAgent(settings: Readonly<Record<string, string>> = {}, through: readonly string[] = []) {
    const model = await startModelEndpoint({ seed: 1 })
    onTestFinished(() => model.close())
    const [program, ...args] = String(siteConfig['appCommandLine']).split(' ')
    expect(program).toBe('node')
    const local = { PORT: '0', HOST: '127.0.0.1', LOCAL_MODEL_URL: model.url, DATA_DIR: join(folder, '../data') }
    const [command, ...rest] = [...through, process.execPath, ...args] as [string, ...string[]]
    const agent = spawn(command, rest, {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...settings, ...local },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => void agent.kill())
    const stop = async () => {
      agent.kill()
      await once(agent, 'close')
    }
    return { url: await pageOf(agent), stop }
  }

  it('starts with the command of the site, and passes its test task', async () => {
    const url = await start()
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ release: 'r1' })
    const ready = await fetch(`${url}/health/ready`)
    expect(ready.status, await ready.text()).toBe(200)
  })

  it('shows every request in Application Insights', async () => {
    const { envelopes, url } = await startIngestion()
    const connection = `InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=${url}/;LiveEndpoint=${url}/`
    const { stop, ...agent } = await startAgent({
      APPLICATIONINSIGHTS_CONNECTION_STRING: connection,
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    })
    for (let count = 0; count < 3; count++) await (await fetch(`${agent.url}/health`)).text()
    await stop()
    expect(envelopes().filter((name) => name.endsWith('.Request'))).toHaveLength(3)
  })

  it('says in one line that the embedded model is not in it', () => {
    const { status, stderr } = spawnSync(process.execPath, ['src/main.ts'], {
      cwd: folder,
      env: { DATA_DIR: join(folder, '../data') },
      encoding: 'utf8',
    })
    expect(stderr.trim()).toMatch(/^The embedded model is not part of this package[^\n]*AZURE_OPENAI_ENDPOINT[^\n]*$/)
    expect(status).toBe(2)
  })

  it('is held to the objectives that it carries, and says in one sentence what is wrong with them', () => {
    const path = join(folder, 'slo.yaml')
    const text = readFileSync(path, 'utf8')
    expect(text).toBe(readFileSync(join(root, 'slo.yaml'), 'utf8'))
    onTestFinished(() => writeFileSync(path, text))
    writeFileSync(path, text.replace(/^taskSuccess: .*$/m, 'taskSuccess: 99'))
    const options = { cwd: folder, env: {}, encoding: 'utf8' } as const
    const { status, stderr } = spawnSync(process.execPath, ['src/main.ts'], options)
    expect(stderr.trim()).toMatch(
      /^The agent cannot start: 1 [^\n]*\n {2}taskSuccess in (\S+) is 99; accepted is [^\n]*$/,
    )
    expect(stderr).toContain(`taskSuccess in ${realpathSync(path)} is`)
    expect(status).toBe(2)
  })

  it.skipIf(!canMount)('starts from a read-only mount, as on App Service', async () => {
    expect((await fetch(`${await start({}, READ_ONLY)}/health/ready`)).status).toBe(200)
  })

  it('with the settings of the site, answers only callers that have a key of the deployment', async () => {
    const url = await start(settingsAsDeployed())
    const statuses = await Promise.all(['Bearer the-key', 'Bearer another'].map((key) => chat(url, key)))
    expect(statuses).toEqual([200, 401])
  })
})

/** Takes telemetry, as Application Insights does, and tells the names of what came. */
async function startIngestion() {
  const names: string[] = []
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const text = String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
    if (request.url?.startsWith('/v2.1/track'))
      names.push(...[...text.matchAll(/"name":"(Microsoft[^"]+)"/g)].map(([, name]) => name!))
    response.setHeader('content-type', 'application/json').end('{"itemsReceived":1,"itemsAccepted":1,"errors":[]}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { envelopes: () => names, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Key Vault's references are resolved, Azure's own expressions left out. */
function settingsAsDeployed(): Record<string, string> {
  const hash = createHash('sha256').update('the-key').digest('hex')
  const secrets: Record<string, string> = {
    'admin-token': 'x'.repeat(36),
    'probe-token': 'y'.repeat(36),
    'mcp-handle-key': 'z'.repeat(36),
    'tenant-keys': `contoso=${hash}`,
  }
  const entries = Object.entries(settingsOf(only('Microsoft.Web/sites'))).flatMap(([name, value]) => {
    const [, secret] = /^@Microsoft\.KeyVault\(.*SecretName=([\w-]+)\)$/.exec(value) ?? []
    if (secret !== undefined) return [[name, secrets[secret] ?? value]]
    // The model of Azure is refused beside the local one.
    return value.startsWith('[') || name === 'NODE_ENV' ? [] : [[name, value]]
  })
  return Object.fromEntries(entries)
}

async function chat(url: string, authorization: string): Promise<number> {
  const response = await fetch(`${url}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ prompt: 'Where is my order ORD-1001?' }),
  })
  await response.text()
  return response.status
}

/** The address that the agent prints; what it printed instead, if it ends. */
function pageOf(agent: ChildProcess): Promise<string> {
  const printed: string[] = []
  return new Promise((resolve, reject) => {
    for (const stream of [agent.stdout!, agent.stderr!]) {
      createInterface(stream).on('line', (line) => {
        printed.push(line)
        const [, url] = /page\s+(http:\S+)/.exec(line) ?? []
        if (url !== undefined) resolve(url)
      })
    }
    agent.once('close', (code) => reject(new Error(`The agent ended with ${code}:\n${printed.join('\n')}`)))
  })
}
