/**
 * Shares opened circuit breakers between processes through Redis.
 *
 * @module
 */
export { type RedisBreakerBusOptions, redisBreakerBus } from '../route/redis-breaker-bus.ts'
