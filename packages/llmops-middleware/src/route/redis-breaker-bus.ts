import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { type ChecksOf, checkOptions, checkValue, having, required, where } from '../check.ts'
import type { BreakerBus } from './breaker-bus.ts'

/** The options of `redisBreakerBus`. */
export type RedisBreakerBusOptions = {
  /** Keeps applications on the same Redis apart: up to 64 letters, digits, dots, dashes and underscores. @default 'default' */
  readonly namespace?: string | undefined
}

export const REDIS_BREAKER_BUS_OPTIONS: ChecksOf<RedisBreakerBusOptions> = {
  namespace: where(
    'up to 64 letters, digits, dots, dashes and underscores',
    (value) => typeof value === 'string' && /^[\w.-]{1,64}$/.test(value),
  ),
}

const CONNECTION = required(having<Redis>('a connection of ioredis, `new Redis(url)`', 'duplicate', 'publish'))

/**
 * Shares opened breakers through a Redis channel. Nothing is stored: a process that starts later finds out by itself.
 *
 * @param redis a connection of yours, which `close()` leaves open
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example createLlmOps({ route: { targets, breaker: { bus: redisBreakerBus(redis) } } })
 */
export function redisBreakerBus(redis: Redis, options: RedisBreakerBusOptions = {}): BreakerBus {
  checkValue(redis, CONNECTION, 'redis')
  checkOptions(options, REDIS_BREAKER_BUS_OPTIONS)
  const { namespace = 'default' } = options
  const channel = `llmops:breakers:v1:${namespace}`
  const self = randomUUID()
  // A connection that listens can do nothing else.
  const listener = redis.duplicate()
  listener.on('error', () => {})

  return {
    async announce(target, openMs) {
      await redis.publish(channel, JSON.stringify({ from: self, target, openMs })).catch(() => {})
    },
    listen(heard) {
      listener.on('message', (_, text) => {
        const message = parseMessage(text)
        if (message && message.from !== self) heard(message.target, message.openMs)
      })
      listener.subscribe(channel).catch(() => {})
    },
    async close() {
      listener.disconnect()
    },
  }
}

type Message = { readonly from: string; readonly target: string; readonly openMs: number }

/** Undefined for what is none of ours: anyone on the Redis can write to a channel. */
function parseMessage(text: string): Message | undefined {
  try {
    const { from, target, openMs } = JSON.parse(text)
    const isMessage = typeof from === 'string' && typeof target === 'string' && openMs > 0 && openMs <= 3_600_000
    return isMessage ? { from, target, openMs } : undefined
  } catch {
    return undefined
  }
}
