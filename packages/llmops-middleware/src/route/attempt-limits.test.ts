import { describe, expect, it } from 'vitest'
import { clockByHand } from '../../test/support/clock-by-hand.ts'
import { modelCall } from '../../test/support/model-call.ts'
import { AttemptLimits } from './attempt-limits.ts'
import { wait } from './backoff.ts'
import { readRouteOptions } from './options.ts'

function started(isStream: boolean) {
  const clock = clockByHand()
  const stream = { firstTokenMs: 100, idleMs: 50, totalMs: 1000 }
  const settings = readRouteOptions({ targets: [{ name: 'one', model: 'gpt-4o' }], timeoutMs: 500, stream })
  const leave = new AbortController()
  const limits = new AttemptLimits('one', modelCall({ isStream, signal: leave.signal }), settings, clock.timing)
  const passed = () => (limits.signal.aborted ? limits.signal.reason.limit : undefined)
  return { ...clock, limits, leave, passed }
}

describe('the limits of an attempt', () => {
  it('end a whole answer that takes too long, and not before', () => {
    const { turnTo, passed } = started(false)
    turnTo(499)
    expect(passed()).toBeUndefined()
    turnTo(500)
    expect(passed()).toBe('answer')
  })

  it('end a stream that does not begin', () => {
    const { turnTo, passed } = started(true)
    turnTo(100)
    expect(passed()).toBe('first_token')
  })

  it('end a stream that falls silent, counted from its last piece', () => {
    const { turnTo, passed, limits } = started(true)
    for (const ms of [99, 140, 145, 190]) {
      turnTo(ms)
      limits.piece()
    }
    turnTo(239)
    expect(passed()).toBeUndefined()
    turnTo(240)
    expect(passed()).toBe('idle')
  })

  it('end a stream that speaks without end', () => {
    const { turnTo, passed, limits } = started(true)
    for (let ms = 40; ms < 1000; ms += 40) {
      turnTo(ms)
      limits.piece()
    }
    turnTo(1000)
    expect(passed()).toBe('total')
  })

  it('follow the caller, and leave no timer when the attempt is over', () => {
    const { limits, leave, open, turnTo } = started(true)
    leave.abort('left')
    expect(limits.signal.reason).toBe('left')
    limits.piece()
    limits.end()
    expect(open()).toBe(0)
    turnTo(10_000)
  })
})

describe('a wait before another attempt', () => {
  it('lasts as long as it should', async () => {
    const { timing, turnTo, open } = clockByHand()
    const waiting = wait(250, new AbortController().signal, timing)
    turnTo(250)
    await waiting
    expect(open()).toBe(0)
  })

  it('ends with the reason of the caller who leaves, before it or in it', async () => {
    const { timing, open } = clockByHand()
    const leave = new AbortController()
    const waiting = wait(250, leave.signal, timing)
    leave.abort('left')
    await expect(waiting).rejects.toBe('left')
    await expect(wait(250, leave.signal, timing)).rejects.toBe('left')
    expect(open()).toBe(0)
  })
})
