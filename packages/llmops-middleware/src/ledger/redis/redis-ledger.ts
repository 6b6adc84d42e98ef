import type { Cluster, Redis } from 'ioredis'
import { type ChecksOf, checkOptions, checkValue, func, whole } from '../../check.ts'
import { type Nanos, ZERO } from '../../usd.ts'
import { checkClaims, checkLeaseMs, checkLimitChange, checkReserveRequest, checkSettlement } from '../check-request.ts'
import type { AccountState, Claim, Hold, Ledger, SettleResult } from '../ledger.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import { CONNECTION } from './connection.ts'
import { EvictionPolicy } from './eviction.ts'
import { keyPart, redisKeys } from './keys.ts'
import { LostReservations } from './lost-reservations.ts'
import { redisSeen } from './redis-seen.ts'
import { readResult, reserveResult, settleResult } from './replies.ts'
import {
  type CallSettings,
  readCall,
  renewCall,
  reserveCall,
  type ScriptCall,
  setLimitCall,
  settleCall,
} from './requests.ts'
import { readScript, renewScript, reserveScript, type Script, setLimitScript, settleScript } from './script.ts'
import { ScriptRunner, ServerTimeError } from './script-runner.ts'

/** How a ledger in Redis names its keys, and how long it waits and remembers. */
export type RedisLedgerOptions = {
  /** Separates ledgers on the same Redis: up to 128 characters without braces. @default 'default' */
  readonly namespace?: string | undefined
  /**
   * Returns the partition of an account, to spread accounts over the slots of a Redis Cluster. Accounts that pay for the
   * same call must be in the same partition, for instance that of the organisation of the tenant and the user.
   *
   * @default one partition for all, which is always correct and supports tens of thousands of calls per second
   */
  readonly partitionOf?: ((account: string) => string) | undefined
  /** Milliseconds that an operation waits for the answer of Redis, at most 10 minutes. @default 1000 */
  readonly timeoutMs?: number | undefined
  /**
   * Milliseconds for which an ended hold is kept to recognise a second settlement: from a minute to 31 days. Each takes
   * about 150 bytes of Redis.
   *
   * @default 21_600_000 (6 hours)
   */
  readonly rememberMs?: number | undefined
  /**
   * Milliseconds for which the processes on this Redis share the size of an answer or its items by id: from a minute to
   * 31 days. Each id takes about 150 bytes of Redis.
   *
   * @default 86_400_000 (a day)
   */
  readonly seenMs?: number | undefined
  /**
   * Returns epoch milliseconds.
   *
   * @default the server's time, because clients whose clocks differ would disagree on periods and leases
   */
  readonly now?: (() => number) | undefined
}

export const REDIS_LEDGER_OPTIONS: ChecksOf<RedisLedgerOptions> = {
  namespace: keyPart,
  partitionOf: func,
  timeoutMs: whole(1, 600_000, 'milliseconds'),
  rememberMs: whole(60_000, 31 * 86_400_000, 'milliseconds'),
  seenMs: whole(60_000, 31 * 86_400_000, 'milliseconds'),
  now: func,
}

/** Bounds how long one script blocks the server. */
const RENEWED_AT_ONCE = 50

/**
 * Counts in Redis 7 or later, for any number of processes on any number of machines. Each operation is one script: one
 * round trip and one atomic step, by the server's clock. `close()` does not close the connection, which belongs to the
 * caller.
 *
 * Leave `enableAutoPipelining` off: it halves the throughput of scripts. Set `maxmemory-policy noeviction` on the server: an
 * evicted account starts from zero. docs/redis.md says how far replicas and failover are safe.
 *
 * @param redis a connection of yours, which `close()` leaves open
 * @throws InvalidOptionError for an option that cannot be used.
 * @throws LedgerUnavailableError from operations when Redis does not answer in time or answers with an error.
 * @throws LedgerCorruptedError from operations for a key that this ledger cannot read; it is left as it is.
 * @example new BudgetBreaker({ ledger: redisLedger(new Redis(process.env.REDIS_URL)), limitUsd: 50, period: 'month' })
 */
export function redisLedger(redis: Redis | Cluster, options: RedisLedgerOptions = {}): Ledger {
  checkValue(redis, CONNECTION, 'redis')
  checkOptions(options, REDIS_LEDGER_OPTIONS)
  const {
    namespace = 'default',
    partitionOf,
    timeoutMs = 1000,
    rememberMs = 6 * 3_600_000,
    seenMs = 86_400_000,
    now,
  } = options
  const epochMs = now ?? Date.now
  const redisKeyNames = redisKeys(namespace, partitionOf)
  const runner = new ScriptRunner(redis, timeoutMs)
  const lost = new LostReservations()
  const eviction = new EvictionPolicy()
  let isClosed = false

  return {
    seen: redisSeen(redis, { namespace, timeoutMs, keepMs: seenMs }),
    async reserve(request) {
      checkReserveRequest(request)
      checkOpen('reserve')
      lost.forget(request.id)
      let reply: unknown
      try {
        reply = await run('reserve', reserveScript, (settings) => reserveCall(settings, request))
      } catch (error) {
        if (LedgerUnavailableError.isInstance(error)) lost.add(request, epochMs())
        throw error
      }
      releaseLost()
      void eviction.ask(redis, namespace)
      return reserveResult(reply, request)
    },
    async settle(hold, amountNanos, unknownNanos = ZERO) {
      checkSettlement(amountNanos, unknownNanos)
      checkOpen('settle')
      const result = await settle(hold, amountNanos, unknownNanos)
      releaseLost()
      return result
    },
    async renew(holds, leaseMs) {
      checkLeaseMs(leaseMs)
      checkOpen('renew leases')
      const batches = [...byPartition(holds, ({ accounts }) => accounts)].flatMap(([partition, holds]) =>
        inBatches(holds, RENEWED_AT_ONCE).map((batch) =>
          run('renew leases', renewScript, (settings) => renewCall(settings, partition, batch, leaseMs)),
        ),
      )
      const renewed = await Promise.all(batches)
      return renewed.reduce<number>((sum, count) => sum + Number(count), 0)
    },
    async read(claims, atMs) {
      checkClaims(claims)
      checkOpen('read')
      const states = new Map<Claim, AccountState>()
      for (const [partition, group] of byPartition(claims, (claim) => [claim])) {
        const reply = await run('read', readScript, (settings) => readCall(settings, partition, group, atMs))
        const found = readResult(reply, group)
        for (const [index, claim] of group.entries()) states.set(claim, found[index]!)
      }
      return claims.map((claim) => states.get(claim)!)
    },
    async setLimit(change) {
      checkLimitChange(change)
      checkOpen('set a limit')
      await run('set a limit', setLimitScript, (settings) => setLimitCall(settings, change))
    },
    async close() {
      isClosed = true
      // Each is sent, whether or not the reply comes in time, because Redis may still read it. A hold whose release Redis
      // never reads is resolved when its lease ends.
      await Promise.allSettled(lost.takeAll().map((hold) => settle(hold, ZERO)))
    },
    bound: () =>
      'Ledger: Redis. Spend that it counted and then loses, by a failover to a replica that lagged or by a restart without ' +
      `\`appendfsync always\`, can be spent again.${eviction.bound()}`,
  }

  async function settle(hold: Hold, amountNanos: Nanos, unknownNanos = ZERO): Promise<SettleResult> {
    const callOf = (settings: CallSettings) => settleCall(settings, hold, amountNanos, unknownNanos)
    return settleResult(await run('settle', settleScript, callOf), hold)
  }

  /** Runs a script. If the server's clock is outside the periods that were sent, repeats it with periods around that time. */
  function run(operation: string, script: Script, callOf: (settings: CallSettings) => ScriptCall): Promise<unknown> {
    const runAround = (aroundMs: number) => {
      const { keys, args } = callOf({ keys: redisKeyNames, rememberMs, now, aroundMs })
      return runner.run(operation, script, keys, args)
    }
    return runAround(epochMs()).catch((error: unknown) => {
      if (error instanceof ServerTimeError) return runAround(error.serverMs)
      throw error
    })
  }

  /** Releases lost reservations in the background, after Redis has answered again. */
  function releaseLost(): void {
    for (const hold of lost.take()) settle(hold, ZERO).catch(() => lost.putBack(hold))
  }

  function checkOpen(operation: string): void {
    if (isClosed) throw new LedgerUnavailableError(operation, 'it was closed')
  }

  function byPartition<Item>(items: readonly Item[], accountsOf: (item: Item) => readonly { account: string }[]) {
    return Map.groupBy(items, (item) => redisKeyNames.partitionOf(accountsOf(item)))
  }
}

function inBatches<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
