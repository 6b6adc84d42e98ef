import type { Redis } from 'ioredis'
import { type ModelLayer, refused } from 'llmops-middleware'

/**
 * What most budgets do, for comparison: read what was spent, call, then add the cost. It counts exactly and is shared by
 * all processes, so that it overspends only because of this order.
 */
export function naiveLayer(redis: Redis, key: string, limitUsd: number): ModelLayer {
  return async (call, next) => {
    const spentNanos = Number((await redis.get(key)) ?? 0)
    if (spentNanos >= limitUsd * 1e9) {
      const details = { spent_usd: spentNanos / 1e9, limit_usd: limitUsd }
      const error = { message: 'The budget is spent.', type: 'budget_error', code: 'budget_exceeded', details }
      return refused(call, error)
    }
    const result = await next(call)
    void result.completion.then(({ costNanos }) => redis.incrby(key, costNanos))
    return result
  }
}
