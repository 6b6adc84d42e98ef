import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'

export type RedisServer = {
  readonly url: string
  readonly port: number
  /** The folder of its snapshot. */
  readonly folder: string
  readonly processId: number
  /** Kills it at once; what was not saved is lost. */
  kill(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export type RedisServerOptions = { readonly port?: number; readonly folder?: string; readonly args?: readonly string[] }

/** A redis-server of our own on loopback, which keeps nothing on disk unless asked to save. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'redis-server-')))
  const port = options.port ?? (await freePort())
  const child = spawn(
    'redis-server',
    // biome-ignore format: one pair per line
    [
      '--port', String(port),
      '--bind', '127.0.0.1',
      '--dir', folder,
      '--save', '',
      '--appendonly', 'no',
      '--maxmemory-policy', 'noeviction',
      ...(options.args ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const exited = once(child, 'exit')
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)

  const lines: string[] = []
  const isReady = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      if (line.includes('Ready to accept connections')) resolve()
    })
  })
  await Promise.race([
    isReady,
    exited.then(() => Promise.reject(new Error(`redis-server did not start:\n${lines.join('\n')}`))),
  ])

  async function kill(): Promise<void> {
    process.off('exit', endWithUs)
    child.kill('SIGKILL')
    await exited
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    folder,
    processId: child.pid!,
    kill,
    async stop() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
