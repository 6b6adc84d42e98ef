import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Ledger } from '../ledger/index.ts'
import type { AppPackages } from './from-app.ts'

export type OpenedLedger = {
  /** Undefined: the memory of this process. */
  readonly ledger: Ledger | undefined
  /** A description for people, without secrets. */
  readonly name: string
  /** Waits for what is not counted yet, so that the process can end. */
  hold(): void
  close(): void
}

/**
 * Opens what the setting `ledger` names.
 *
 * @throws when it cannot be opened. A Redis that does not answer yet is not an error.
 */
export async function openLedger(setting: string, cwd: string, packages: AppPackages): Promise<OpenedLedger> {
  if (setting === 'memory') return { ledger: undefined, name: 'memory', hold() {}, close() {} }
  return setting.startsWith('sqlite:') ? openSqlite(setting, cwd) : openRedis(setting, packages)
}

async function openSqlite(setting: string, cwd: string): Promise<OpenedLedger> {
  const { sqliteLedger } = await import('../ledger/sqlite/sqlite-ledger.ts')
  const path = resolve(cwd, setting.slice('sqlite:'.length))
  mkdirSync(dirname(path), { recursive: true })
  return { ledger: sqliteLedger(path), name: setting, hold() {}, close() {} }
}

/** After a connection was lost, or could not be made, in milliseconds. */
const RECONNECT_MS = 1_000

async function openRedis(url: string, packages: AppPackages): Promise<OpenedLedger> {
  const { Redis } = await loadRedis(packages)
  const { redisLedger } = await import('../ledger/redis/redis-ledger.ts')
  // The client's own reconnect timer would keep a finished app alive.
  const redis = new Redis(url, { retryStrategy: () => null })
  // Each failed operation reports its error; an unhandled `error` event of the connection would end the process.
  redis.on('error', () => {})
  let isHeld = false
  redis.on('connect', () => {
    if (!isHeld) redis.stream.unref()
  })
  redis.on('end', () => {
    setTimeout(() => void redis.connect().catch(() => {}), RECONNECT_MS).unref()
  })
  const { protocol, host } = new URL(url)
  return {
    ledger: redisLedger(redis),
    name: `${protocol}//${host}`,
    hold() {
      isHeld = true
      if (redis.status === 'ready') redis.stream.ref()
    },
    close: () => redis.disconnect(),
  }
}

async function loadRedis(packages: AppPackages): Promise<typeof import('ioredis')> {
  try {
    return await packages.load<typeof import('ioredis')>('ioredis')
  } catch (error) {
    throw new Error('the ledger is in Redis, and ioredis is not installed: npm install ioredis', { cause: error })
  }
}
