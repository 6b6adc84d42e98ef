import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { createLlmOps } from '../../index.ts'
import { type LlmOpsMatchers, matchers, type Script, testModel, watch } from '../index.ts'

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends LlmOpsMatchers<R> {}
}
expect.extend(matchers)

const usage = { inputTokens: 1000, outputTokens: 100 }
const asked = {
  model: 'gpt-4o',
  messages: [{ role: 'user' as const, content: 'x'.repeat(4000) }],
  max_completion_tokens: 200,
}

function watched(script: Script, limitUsd = 1) {
  const model = testModel({ script })
  const ops = watch(createLlmOps({ fetch: model.fetch, budget: { limitUsd }, logger: false }))
  const openai = new OpenAI({ apiKey: 'none', fetch: ops.fetch, maxRetries: 0 })
  const ask = (tenant = 'contoso') => ops.task({ tenant }, () => openai.chat.completions.create(asked))
  return { ops, ask, openai }
}

/** What a test that fails shows. */
const sentenceOf = (expectation: () => void): string => {
  try {
    expectation()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('It held.')
}

describe('toHaveSpent', () => {
  it('holds for exactly what was charged, of one tenant or of all', async () => {
    const { ops, ask } = watched([{ usage }, { usage }, { usage }])
    await ask()
    await ask()
    await ask('fabrikam')
    expect(ops).toHaveSpent({ tenant: 'contoso', usd: 0.007 })
    expect(ops).toHaveSpent({ usd: 0.0105, atMostUsd: 0.0105 })
    expect(ops).not.toHaveSpent({ tenant: 'contoso', usd: 0.006999999 })
    expect(ops).not.toHaveSpent({ atMostUsd: 0.0104 })
    expect(sentenceOf(() => expect(ops).toHaveSpent({ tenant: 'contoso', usd: 1 }))).toBe(
      'expected contoso to have spent $1; it spent $0.007',
    )
  })

  it('names who spent, where the tenant spent nothing', async () => {
    const { ops, ask } = watched([{ usage }, { usage }])
    await ask()
    await ask('fabrikam')
    expect(sentenceOf(() => expect(ops).toHaveSpent({ tenant: 'contso', usd: 0.0035 }))).toBe(
      'expected contso to have spent $0.0035; it spent $0; by tenant: contoso $0.0035, fabrikam $0.0035',
    )
  })

  it('counts tools that cost money', async () => {
    const { ops, openai } = watched([{ usage }])
    const search = ops.tool({
      name: 'search',
      description: 'Searches.',
      parameters: { type: 'object' },
      run: () => 3,
      costUsd: 0.01,
    })
    await ops.task({ tenant: 'contoso' }, async () => {
      await openai.chat.completions.create(asked)
      await search.call({})
    })
    expect(ops).toHaveSpent({ usd: 0.0135 })
  })

  it('needs an amount', () => {
    expect(sentenceOf(() => expect(watched([]).ops).toHaveSpent({}))).toBe('toHaveSpent needs `usd` or `atMostUsd`.')
  })
})

describe('toHaveDecided', () => {
  it('knows what the budget made of each call, by tenant and number', async () => {
    const { ops, ask } = watched([{ usage }], 0.013)
    await ask()
    expect(ops).toHaveDecided('allow', { times: 1 })
    expect(ops).not.toHaveDecided('block')
    await expect(ask()).rejects.toThrow()
    await expect(ask()).rejects.toThrow()
    expect(ops).toHaveDecided('block', { times: 2, tenant: 'contoso' })
    expect(ops).not.toHaveDecided('block', { tenant: 'fabrikam' })
    expect(sentenceOf(() => expect(ops).toHaveDecided('downshift'))).toMatch(
      /^expected a decision 'downshift'; there were: allow,.* block, block/,
    )
  })
})

describe('the kind of a decision', () => {
  it('is refused where there is no such kind, which no call could ever have', async () => {
    const { ops, ask } = watched([{ usage }])
    await ask()
    expect(sentenceOf(() => expect(ops).not.toHaveDecided('blok' as never))).toMatch(
      /^`kind` must be one of allow, clamp, downshift, block, .*'blok'.* Did you mean `block`\?$/,
    )
    expect(sentenceOf(() => expect(ops).not.toHaveDecided(undefined as never))).toMatch(/^`kind` /)
    expect(ops).not.toHaveDecided('block')
  })
})

describe('toHaveCalledTool', () => {
  it('knows how tools answered', async () => {
    const { ops } = watched([])
    const run = async (): Promise<string> => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) })
    }
    const parameters = { type: 'object' }
    const lookup = ops.tool({
      name: 'lookup',
      description: 'Looks.',
      parameters,
      effect: 'read',
      run,
      fallbacks: [() => 'old'],
    })
    await ops.task({ tenant: 'contoso' }, () => lookup.call({}))
    expect(ops).toHaveCalledTool('lookup', { status: 'fallback', times: 1 })
    expect(ops).not.toHaveCalledTool('lookup', { status: 'ok' })
    expect(sentenceOf(() => expect(ops).toHaveCalledTool('lokup'))).toBe('expected a call of lokup; there were: lookup')
  })
})

describe('toHaveSucceeded and toHaveFailed', () => {
  it('know the outcome of all tasks', async () => {
    const { ops, ask } = watched([{ usage }, { fault: 'unavailable' }])
    expect(ops).not.toHaveSucceeded()
    await ask()
    expect(ops).toHaveSucceeded()
    await expect(ask()).rejects.toThrow()
    expect(ops).not.toHaveSucceeded()
    expect(ops).toHaveFailed({ class: 'provider' })
    expect(ops).not.toHaveFailed({ class: 'agent' })
    expect(sentenceOf(() => expect(ops).toHaveSucceeded())).toMatch(/^expected success; success, failure .* provider$/)
    expect(sentenceOf(() => expect(ops).toHaveFailed({ reason: 'no_answer' }))).toMatch(
      /^expected a failure \(no_answer\); success, failure/,
    )
  })
})

describe('a matcher', () => {
  it('refuses an object that is not watched, about which nothing is known', () => {
    const ops = createLlmOps()
    expect(sentenceOf(() => expect(ops).not.toHaveDecided('block'))).toBe(
      'toHaveDecided needs an object that `watch(createLlmOps(…))` returned, because only its events are recorded.',
    )
  })

  it('runs without an `expect`', () => {
    expect(matchers.toHaveDecided(watched([]).ops, 'block').pass).toBe(false)
  })
})
