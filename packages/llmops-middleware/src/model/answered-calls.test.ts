import { describe, expect, it } from 'vitest'
import { AnsweredCalls, type Delivered, LikelyUsage } from './answered-calls.ts'

const answered = (as: Delivered['as'], size: number, isBroken = false): Delivered => ({
  as,
  size,
  isBroken,
  bound: () => undefined,
})

/** A call of `contoso` whose text is held for 1,000 tokens, unless told otherwise. */
function callsOf(calls = new AnsweredCalls()) {
  return (textTokens = 1000, { isText = true, tenant = 'contoso' } = {}) =>
    new LikelyUsage({ answered: calls, tenant, textTokens, isText })
}

const usage = (inputTokens: number, outputTokens: number, more = {}) => ({ inputTokens, outputTokens, ...more })

describe('what a call is likely to count', () => {
  it('is what is held, until a call of its tenant and model was answered', () => {
    const call = callsOf()
    call().learn('gpt-4o', usage(250, 10), answered('whole', 100))
    for (const [likely, model] of [
      [call(), 'gpt-4'],
      [call(1000, { tenant: 'fabrikam' }), 'gpt-4o'],
    ] as const) {
      expect(likely.input(model, 1000)).toEqual(usage(1000, 0))
      expect(likely.output(model, answered('whole', 100))).toBeUndefined()
      expect(likely.mostOutput(model)).toBeUndefined()
    }
  })

  it('has as many tokens of text as those had, and all that is held beside it', () => {
    const call = callsOf()
    call(1000).learn('gpt-4o', usage(250, 10), undefined)
    call(3000).learn('gpt-4o', usage(750, 10), undefined)
    expect(call(800).input('gpt-4o', 800).inputTokens).toBe(200)
    expect(call(800).input('gpt-4o', 1300).inputTokens).toBe(700)
    // The context of the model bounds what is held.
    expect(call(5000).input('gpt-4o', 800).inputTokens).toBe(200)
  })

  it('learns nothing of text from calls that brought more than text', () => {
    const call = callsOf()
    call(1000, { isText: false }).learn('gpt-4o', usage(5000, 10), undefined)
    expect(call(800).input('gpt-4o', 800).inputTokens).toBe(800)
    call(1000).learn('gpt-4o', usage(250, 10), undefined)
    expect(call(800).input('gpt-4o', 800).inputTokens).toBe(200)
  })

  it('is never more than is held, though those were', () => {
    const call = callsOf()
    call(1000).learn('gpt-4o', usage(2000, 10), undefined)
    expect(call(1000).input('gpt-4o', 1000).inputTokens).toBe(1000)
  })

  it('is read from a cache and written to one in the same shares', () => {
    const call = callsOf()
    call(1000).learn('gpt-4o', usage(500, 1, { cachedInputTokens: 100, cacheWriteTokens: 300 }), undefined)
    call(1000).learn('gpt-4o', usage(500, 1), undefined)
    expect(call(1000).input('gpt-4o', 1000)).toEqual({
      inputTokens: 500,
      cachedInputTokens: 50,
      cacheWriteTokens: 150,
      outputTokens: 0,
    })
  })

  it('has as much output as its answer is long, each kind by its own', () => {
    const call = callsOf()
    call().learn('gpt-4o', usage(1, 100), answered('stream', 50))
    expect(call().output('gpt-4o', answered('whole', 10))).toBeUndefined()
    call().learn('gpt-4o', usage(1, 100), answered('whole', 1000))
    call().learn('gpt-4o', usage(1, 300), answered('whole', 1000))
    expect(call().output('gpt-4o', answered('stream', 10))).toBe(20)
    expect(call().output('gpt-4o', answered('whole', 10))).toBe(2)
    // What is hidden before it is in no length.
    expect(call().output('gpt-4o', answered('hidden', 10))).toBeUndefined()
    call().learn('gpt-4o', usage(1, 9999), answered('hidden', 1))
    expect(call().output('gpt-4o', answered('whole', 10))).toBe(2)
  })

  it('has no less output than the average where more of it may be missing', () => {
    const call = callsOf()
    call().learn('gpt-4o', usage(1, 100), answered('whole', 1000))
    call().learn('gpt-4o', usage(1, 300), answered('whole', 1000))
    expect(call().output('gpt-4o', answered('whole', 10, true))).toBe(200)
    expect(call().output('gpt-4o', answered('whole', 2000, true))).toBe(400)
  })

  it('had at most the output of one of the last 200 calls, and forgets what came before', () => {
    const call = callsOf()
    call().learn('gpt-4o', usage(1, 900), undefined)
    for (let calls = 1; calls < 100; calls++) call().learn('gpt-4o', usage(1, 10), undefined)
    expect(call().mostOutput('gpt-4o')).toBe(900)
    for (let calls = 0; calls < 50; calls++) call().learn('gpt-4o', usage(1, 20), undefined)
    expect(call().mostOutput('gpt-4o')).toBe(900)
    for (let calls = 0; calls < 100; calls++) call().learn('gpt-4o', usage(1, 20), undefined)
    expect(call().mostOutput('gpt-4o')).toBe(20)
  })

  it('follows a prompt that has changed', () => {
    const call = callsOf()
    for (let calls = 0; calls < 100; calls++) call(1000).learn('gpt-4o', usage(1000, 1), undefined)
    for (let calls = 0; calls < 300; calls++) call(1000).learn('gpt-4o', usage(200, 1), undefined)
    expect(call(1000).input('gpt-4o', 1000).inputTokens).toBeLessThan(230)
  })

  it('is remembered of ten thousand pairs of tenant and model, the newest', () => {
    const call = callsOf()
    for (let pair = 0; pair <= 10_000; pair++) {
      call(1000, { tenant: `tenant-${pair}` }).learn('gpt-4o', usage(1, 7), undefined)
    }
    expect(call(1000, { tenant: 'tenant-0' }).mostOutput('gpt-4o')).toBeUndefined()
    expect(call(1000, { tenant: 'tenant-1' }).mostOutput('gpt-4o')).toBe(7)
    expect(call(1000, { tenant: 'tenant-10000' }).mostOutput('gpt-4o')).toBe(7)
  })
})
