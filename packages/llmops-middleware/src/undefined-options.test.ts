import { describe, expect, expectTypeOf, it } from 'vitest'
import type { BudgetOptions, DownshiftOptions, ScopeOptions } from './budget/index.ts'
import type { ChaosSettings } from './chaos/index.ts'
import { createLlmOps, type LlmOpsOptions, type RouteOptions, type TaskOptions, type ToolOptions } from './index.ts'
import type { PriceOptions, RateCardOptions } from './pricing/index.ts'
import type { JsonSchema } from './repair/index.ts'
import type { BreakerOptions, StreamOptions } from './route/options.ts'
import { type TestAnswer, type TestUsage, testModel } from './testing/index.ts'

/** The optional ones of some options, each undefined: what `scopes: user && { user }` passes without a user. */
type Undefined<Options> = {
  [Option in keyof Options as object extends Pick<Options, Option> ? Option : never]: undefined
}

describe('an option that is undefined', () => {
  it('compiles like one that is left out, with `exactOptionalPropertyTypes` too', () => {
    expectTypeOf<Undefined<LlmOpsOptions>>().toExtend<Partial<LlmOpsOptions>>()
    expectTypeOf<Undefined<TaskOptions>>().toExtend<Partial<TaskOptions>>()
    expectTypeOf<Undefined<BudgetOptions>>().toExtend<Partial<BudgetOptions>>()
    expectTypeOf<Undefined<ScopeOptions>>().toExtend<Partial<ScopeOptions>>()
    expectTypeOf<Undefined<DownshiftOptions>>().toExtend<Partial<DownshiftOptions>>()
    expectTypeOf<Undefined<RouteOptions>>().toExtend<Partial<RouteOptions>>()
    expectTypeOf<Undefined<StreamOptions>>().toExtend<Partial<StreamOptions>>()
    expectTypeOf<Undefined<BreakerOptions>>().toExtend<Partial<BreakerOptions>>()
    expectTypeOf<Undefined<RateCardOptions>>().toExtend<Partial<RateCardOptions>>()
    expectTypeOf<Undefined<PriceOptions>>().toExtend<Partial<PriceOptions>>()
    expectTypeOf<Undefined<ChaosSettings>>().toExtend<Partial<ChaosSettings>>()
    expectTypeOf<Undefined<ToolOptions<JsonSchema, string>>>().toExtend<Partial<ToolOptions<JsonSchema, string>>>()
    expectTypeOf<Undefined<TestAnswer>>().toExtend<Partial<TestAnswer>>()
    expectTypeOf<Undefined<TestUsage>>().toExtend<Partial<TestUsage>>()
  })

  it('has its default', async () => {
    const usage = { inputTokens: 1000, outputTokens: 100, cachedInputTokens: undefined, reasoningTokens: undefined }
    const model = testModel({ script: [{ text: 'Hi.', usage, fault: undefined }] })
    const ops = createLlmOps({
      fetch: model.fetch,
      logger: false,
      budget: {
        limitUsd: 1,
        scopes: [{ scope: 'user', limitUsd: 1, period: undefined, required: undefined }],
        downshift: { at: undefined, to: { 'gpt-4o': 'gpt-4o-mini' } },
        ledger: undefined,
        noticeShares: undefined,
      },
      route: {
        targets: [{ name: 'one', model: 'gpt-4o', baseUrl: undefined, headers: undefined }],
        stream: { firstTokenMs: undefined, idleMs: undefined, totalMs: undefined, recovery: undefined },
        breaker: { threshold: undefined, halfOpenAfterMs: undefined, bus: undefined },
      },
    })
    const body = JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'Hi' }] })
    const url = 'https://api.openai.com/v1/chat/completions'
    const ask = async () => (await ops.fetch(url, { method: 'POST', body })).text()
    const options = { tenant: 'contoso', scopes: undefined, deadlineMs: undefined, budgetUsd: undefined }
    expect(await ops.task({ ...options, maxRetries: undefined }, ask)).toContain('Hi.')
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd: 0.0035 })
    await ops.close()
  })
})
