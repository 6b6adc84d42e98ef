import type { Cluster, Redis } from 'ioredis'
import { required, where } from '../../check.ts'

const METHODS = ['evalsha', 'eval'] as const

/** Anything that takes commands as ioredis does, wrappers of it too. */
export const CONNECTION = required(
  where(
    'a connection of ioredis, `new Redis(url)` or `new Cluster(nodes)`',
    (value) => isObject(value) && METHODS.every((name) => typeof value[name] === 'function'),
    (value) => {
      if (typeof value === 'string') return 'Did you mean `redisLedger(new Redis(url))`?'
      return isObject(value) && typeof value['sendCommand'] === 'function'
        ? 'A client of the package `redis` has other commands: use the package `ioredis`.'
        : undefined
    },
  ),
)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  (typeof value === 'object' || typeof value === 'function') && value !== null

/** Where a connection leads, without its password, and how it is: what a message must say of it at night. */
export function describeConnection(redis: Redis | Cluster): string {
  const { options, status } = redis as Partial<Redis>
  const { path, sentinels, host, port } = options ?? {}
  const at = path ?? (sentinels || host === undefined ? undefined : `${host}:${port}`)
  const where = at === undefined ? 'Redis' : `Redis at ${at}`
  return status === undefined || status === 'ready' ? where : `${where} (its connection is in state '${status}')`
}
