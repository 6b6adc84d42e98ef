import { execFile, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { freePort } from 'test-support/free-port'
import { type RedisServer, startRedisServer } from 'test-support/redis-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { doctor, folder, of, serve } from './start-doctor.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

describe('llmops doctor on Redis', () => {
  let server: RedisServer
  let redis: Redis
  const ask = (url = server.url, timeoutMs = 30_000) =>
    doctor({ REDIS_URL: url }, ['--only', 'redis', '--timeout-ms', `${timeoutMs}`])

  beforeAll(async () => {
    server = await startRedisServer()
    redis = new Redis(server.url)
  })
  afterAll(async () => {
    redis.disconnect()
    await server.stop()
  })

  it('finds nothing wrong with one that takes writes, and leaves nothing in it for long', async () => {
    expect(await ask()).toMatchObject({ verdict: 'healthy', code: 0 })
    const keys = await redis.keys('*')
    for (const key of keys) expect(await redis.pttl(key)).toBeLessThanOrEqual(30_000)
  })

  it('names it where it is away', async () => {
    const report = await ask(`redis://127.0.0.1:${await freePort()}`)
    expect(report).toMatchObject({ verdict: 'platform', broken: ['redis'], code: 1 })
    expect(report.summary).toContain('ECONNREFUSED')
  })

  it('names it where its name resolves nowhere', async () => {
    expect((await ask('redis://no-such-cache.invalid:6379')).next.join()).toMatch(/typing error in REDIS_URL/)
  })

  it('names it where it is a replica, which takes no writes', async () => {
    await redis.replicaof('127.0.0.1', await freePort())
    const report = await ask()
    await redis.replicaof('NO', 'ONE')
    expect(report.broken).toEqual(['redis'])
    expect(report.next.join()).toMatch(/primary/)
  })

  it('names it where its memory is full', async () => {
    await redis.config('SET', 'maxmemory', '1')
    const report = await ask()
    await redis.config('SET', 'maxmemory', '0')
    expect(report.broken).toEqual(['redis'])
    expect(report.next.join()).toMatch(/memory is full/)
  })

  it('names it where it cannot save to its disk', async () => {
    const full = await startRedisServer({ args: ['--save', '3600 1'] })
    const client = new Redis(full.url)
    onTestFinished(async () => {
      client.disconnect()
      await full.stop()
    })
    await rm(full.folder, { recursive: true })
    await client.set('x', '1')
    await client.bgsave().catch(() => {})
    await expect.poll(() => client.info('persistence')).toMatch(/rdb_last_bgsave_status:err/)
    const report = await ask(full.url)
    expect(report.broken).toEqual(['redis'])
    expect(report.next.join()).toMatch(/disk of Redis/)
  })

  it('warns where it drops accounts when it is full', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const report = await ask()
    await redis.config('SET', 'maxmemory-policy', 'noeviction')
    expect(report.code).toBe(0)
    expect(of('redis', report)[0]).toMatchObject({ status: 'warning', next: expect.stringContaining('noeviction') })
  })

  it('separates a wrong password from a missing and a right one, and shows none', async () => {
    await redis.config('SET', 'requirepass', 'swordfish-1234')
    const missing = await ask()
    const wrong = await ask(server.url.replace('://', '://:halibut-5678@'))
    const right = await ask(server.url.replace('://', '://:swordfish-1234@'))
    await redis.config('SET', 'requirepass', '')
    expect([missing.broken, wrong.broken, right.broken]).toEqual([['redis'], ['redis'], []])
    expect(missing.summary).toMatch(/NOAUTH/)
    expect(wrong.summary).toMatch(/WRONGPASS/)
    expect(missing.stdout + wrong.stdout + right.stdout).not.toMatch(/swordfish|halibut/)
  })

  it('says that something else answers there, or that nothing does', async () => {
    const page = await serve((_, response) => response.end('hello'))
    expect((await ask(page.replace('http:', 'redis:'))).broken).toEqual(['redis'])
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    expect((await ask(`rediss://127.0.0.1:${port}`, 500)).summary).toMatch(/no answer within 500 ms/)
  })
})

describe('llmops doctor on the ledger file', () => {
  async function ask(make: (file: string) => void) {
    const cwd = await folder({ 'package.json': '{"llmops":{"describe":"./describe.mjs"}}' })
    const file = join(cwd, 'ledger.db')
    make(file)
    const describeFile = `export const describe = () => ({ models: [], ledgerFile: ${JSON.stringify(file)} })`
    await writeFile(join(cwd, 'describe.mjs'), describeFile)
    return await doctor({}, ['--only', 'ledger'], cwd)
  }
  const create = (file: string) => {
    const database = new DatabaseSync(file)
    database.exec('CREATE TABLE account (name TEXT)')
    return database
  }

  it('finds nothing wrong with one that takes writes', async () => {
    const report = await ask((file) => create(file).close())
    expect(report.code).toBe(0)
    expect(of('ledger', report)[0]!.detail).toMatch(/takes writes, 1 tables/)
  })

  it('names it where a process keeps its lock', async () => {
    const report = await ask((file) => {
      const database = create(file)
      database.exec('BEGIN EXCLUSIVE')
      onTestFinished(() => database.close())
    })
    expect(report.broken).toEqual(['ledger'])
    expect(report.summary).toMatch(/locked/)
  })

  it('names it where the file is damaged', async () => {
    const report = await ask((file) => writeFileSync(file, 'no database at all, but long enough to be read as one'))
    expect(report.broken).toEqual(['ledger'])
    expect(report.next.join()).toMatch(/damaged/)
  })
})

describe('llmops doctor on the disk', () => {
  const canMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0

  /** In a view of the disk of its own, after these commands in the data folder. */
  async function inMount(commands: string) {
    const cwd = await folder()
    const script = `${commands} && exec "$0" "$@"`
    const args = [
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      script,
      process.execPath,
      MAIN,
      'doctor',
      '--only',
      'disk',
      '--json',
    ]
    const env = { PATH: process.env['PATH'], DATA_DIR: cwd, FOLDER: cwd }
    const { stdout } = await promisify(execFile)('unshare', args, { env }).catch((error) => error)
    return JSON.parse(stdout)
  }

  it('finds nothing wrong with a folder that can be written, and leaves it as it was', async () => {
    const data = await folder()
    expect(await doctor({ DATA_DIR: data }, ['--only', 'disk'])).toMatchObject({ verdict: 'healthy', code: 0 })
    expect(await readdir(data)).toEqual([])
  })

  it('makes no folder that is not there yet', async () => {
    const data = join(await folder(), 'a', 'b')
    const report = await doctor({ DATA_DIR: data }, ['--only', 'disk'])
    expect(of('disk', report)[0]!.detail).toContain('can be made')
    expect(existsSync(data)).toBe(false)
  })

  it('names it where a file is in its place', async () => {
    const cwd = await folder({ data: '' })
    const report = await doctor({ DATA_DIR: join(cwd, 'data', 'ledger') }, ['--only', 'disk'])
    expect(report).toMatchObject({ broken: ['disk'], code: 1 })
    expect(report.summary).toContain('ENOTDIR')
  })

  it.runIf(canMount)('names it where it is full', async () => {
    const fill =
      'mount -t tmpfs -o size=128k tmpfs "$FOLDER" && (dd if=/dev/zero of="$FOLDER/log" bs=1k 2>/dev/null || true)'
    expect(await inMount(fill)).toMatchObject({ broken: ['disk'], summary: expect.stringContaining('ENOSPC') })
  })

  it.runIf(canMount)('names it where it is nearly full', async () => {
    const report = await inMount('mount -t tmpfs -o size=1m tmpfs "$FOLDER"')
    expect(report).toMatchObject({ broken: ['disk'], summary: expect.stringMatching(/nearly full: 1 MB free/) })
  })

  it.runIf(canMount)('names it where it is mounted read-only', async () => {
    const report = await inMount('mount -t tmpfs -o ro tmpfs "$FOLDER"')
    expect(report).toMatchObject({ broken: ['disk'], summary: expect.stringContaining('EROFS') })
  })
})
