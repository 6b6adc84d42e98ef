import type { Cluster, Redis } from 'ioredis'
import { memorySeen, type Seen, type SeenEntry, type SeenTokens } from '../../seen.ts'

export type RedisSeenSettings = {
  readonly namespace: string
  readonly timeoutMs: number
  readonly keepMs: number
}

/**
 * Sizes of answers by id, shared by the processes on a Redis. They are written together with the settlement of an answer,
 * without waiting for the reply, and read only for ids that this process has not seen itself.
 *
 *     llmops:<namespace>:v1:seen:<id>   string: tokens, then the model if other models count differently
 */
export function redisSeen(redis: Redis | Cluster, { namespace, timeoutMs, keepMs }: RedisSeenSettings): Seen {
  const own = memorySeen()
  const keyOf = (id: string) => `llmops:${namespace}:v1:seen:${id}`
  const keepS = Math.ceil(keepMs / 1000)

  async function readShared(ids: readonly string[]): Promise<(SeenTokens | undefined)[]> {
    // Separate commands, because in a cluster each key may be in another slot; they still take one round trip.
    const reading = Promise.all(ids.map((id) => redis.get(keyOf(id))))
    return (await withinTime(reading, timeoutMs))?.map(parse) ?? []
  }

  return {
    read(ids) {
      const known = own.read(ids) as readonly (SeenTokens | undefined)[]
      const missing = ids.filter((_, index) => known[index] === undefined)
      if (missing.length === 0) return known
      return readShared(missing).then((shared) => {
        const found = new Map(missing.map((id, index) => [id, shared[index]]))
        return ids.map((id, index) => known[index] ?? found.get(id))
      })
    },
    remember(entries) {
      own.remember(entries)
      // While Redis is disconnected, these writes must not queue up.
      if (redis.status !== 'ready') return
      for (const [id, seen] of entries) redis.set(keyOf(id), textOf(seen), 'EX', keepS).catch(() => {})
    },
  }
}

/** Resolves to undefined on a timeout or failure; input of unknown size is then held as the whole context. */
function withinTime<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value | undefined> {
  return new Promise((resolve) => {
    // Timers run before sockets are read, so a reply that waited for a busy process must still count.
    const timer = setTimeout(() => setImmediate(resolve, undefined), timeoutMs)
    const end = (value: Value | undefined) => {
      clearTimeout(timer)
      resolve(value)
    }
    promise.then(end, () => end(undefined))
  })
}

function textOf({ tokens, model }: SeenEntry[1]): string {
  return model === undefined ? String(tokens) : `${tokens} ${model}`
}

const TEXT = /^(\d{1,15})(?: (.+))?$/s

function parse(text: string | null): SeenTokens | undefined {
  const [, tokens, model] = TEXT.exec(text ?? '') ?? []
  if (tokens === undefined) return undefined
  return { tokens: Number(tokens), ...(model === undefined ? {} : { model }) }
}
