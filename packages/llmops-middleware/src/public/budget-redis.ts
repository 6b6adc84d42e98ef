/**
 * A ledger in Redis, for processes on any number of machines.
 *
 * @module
 */
export { type RedisLedgerOptions, redisLedger } from '../ledger/redis/redis-ledger.ts'
