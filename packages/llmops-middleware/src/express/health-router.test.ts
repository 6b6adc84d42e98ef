import { describe, expect, it } from 'vitest'
import { serve } from '../../test/support/serve.ts'
import { healthRouter } from './health-router.ts'
import { problemHandler } from './problem-handler.ts'

const info = () => ({ instance: 'a1', slot: 'production' })

async function setUp(ready: (signal: AbortSignal) => Promise<unknown>, options = {}) {
  let nowMs = Date.UTC(2026, 10, 24)
  let runs = 0
  const arrivals: (() => void)[] = []
  const url = await serve((app) => {
    app.use((_request, _response, next) => {
      next()
      arrivals.shift()?.()
    })
    app.use(
      healthRouter({
        info,
        now: () => nowMs,
        ready: (signal) => {
          runs++
          return ready(signal)
        },
        ...options,
      }),
    )
  })
  return {
    ask: () => fetch(`${url}/health/ready`),
    /** Resolves when that many more requests have come in. */
    arrived: (count: number) =>
      Promise.all(Array.from({ length: count }, () => new Promise<void>((resolve) => arrivals.push(resolve)))),
    live: () => fetch(`${url}/health`),
    runs: () => runs,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

it('liveness is free: it never runs the check', async () => {
  const { live, runs } = await setUp(async () => true)
  const response = await live()
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'ok', instance: 'a1', slot: 'production' })
  expect(runs()).toBe(0)
})

describe('readiness', () => {
  it('is what the check says', async () => {
    const { ask } = await setUp(async () => undefined)
    const response = await ask()
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      status: 'ready',
      checkedAt: '2026-11-24T00:00:00.000Z',
      instance: 'a1',
      slot: 'production',
    })
  })

  it('is checked at most once in an interval, however many ask', async () => {
    const { ask, runs, pass } = await setUp(async () => true)
    for (let index = 0; index < 5; index++) expect((await ask()).status).toBe(200)
    pass(29_999)
    await ask()
    expect(runs()).toBe(1)
    pass(1)
    await ask()
    expect(runs()).toBe(2)
  })

  it('is checked once for all who ask at the same time, even past the interval', async () => {
    const checked = Promise.withResolvers<boolean>()
    const { ask, arrived, runs, pass } = await setUp(() => checked.promise)
    const firstArrived = arrived(1)
    const first = ask()
    await firstArrived
    pass(60_000)
    const othersArrived = arrived(2)
    const others = [ask(), ask()]
    await othersArrived
    checked.resolve(true)
    expect((await Promise.all([first, ...others])).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(runs()).toBe(1)
  })

  it.each([
    [
      'rejects',
      () => Promise.reject(Object.assign(new Error('key sk-123 is wrong'), { code: 'model_refused' })),
      'model_refused',
    ],
    ['gives false', async () => false, 'check_failed'],
    [
      'throws at once',
      () => {
        throw new TypeError('x')
      },
      'TypeError',
    ],
  ])('is 503 with a reason and no message when the check %s', async (_, check, reason) => {
    const { ask } = await setUp(check)
    const response = await ask()
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toMatch('application/problem+json')
    const body = await response.text()
    expect(JSON.parse(body)).toMatchObject({ code: 'not_ready', reason, instance: 'a1' })
    expect(body).not.toContain('sk-123')
  })

  it('keeps a failure for the interval too, so that requests cannot spend money', async () => {
    const { ask, runs } = await setUp(() => Promise.reject(new Error('down')))
    await ask()
    expect((await ask()).status).toBe(503)
    expect(runs()).toBe(1)
  })

  it('says how old the answer is', async () => {
    const { ask, pass } = await setUp(async () => true)
    expect((await ask()).headers.get('age')).toBe('0')
    pass(12_300)
    expect((await ask()).headers.get('age')).toBe('12')
  })

  it('can be good for longer than its failure is', async () => {
    let isUp = false
    const { ask, runs, pass } = await setUp(async () => isUp, { readyIntervalMs: 900_000, notReadyIntervalMs: 30_000 })
    const failed = await ask()
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '30'])
    pass(20_000)
    isUp = true
    const kept = await ask()
    expect([kept.status, kept.headers.get('retry-after'), kept.headers.get('age')]).toEqual([503, '10', '20'])
    pass(10_000)
    expect((await ask()).status).toBe(200)
    isUp = false
    pass(899_999)
    expect((await ask()).status).toBe(200)
    pass(1)
    expect((await ask()).status).toBe(503)
    expect(runs()).toBe(3)
  })

  it('lets its failure say how long it is good for', async () => {
    const intervals: unknown[] = []
    const notReadyIntervalMs = (error: unknown) => {
      intervals.push((error as Error).message)
      return intervals.length * 1000
    }
    const { ask, runs, pass } = await setUp(() => Promise.reject(new Error('down')), { notReadyIntervalMs })
    for (const ms of [0, 999, 1, 1999, 1]) {
      pass(ms)
      await ask()
    }
    expect([runs(), intervals]).toEqual([3, ['down', 'down', 'down']])
  })

  it('is over when its time is, though the check never ends', async () => {
    let aborted = false
    const { ask } = await setUp(
      (signal) => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        return new Promise(() => {})
      },
      { readyTimeoutMs: 1 },
    )
    const response = await ask()
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ reason: 'TimeoutError' })
    expect(aborted).toBe(true)
  })
})

it('what cannot be shown of the instance reaches the error handler of the application', async () => {
  const info = () => {
    throw new Error('no info')
  }
  const url = await serve((app) => {
    app.use(healthRouter({ info }), problemHandler({ log: () => {} }))
  })
  expect((await fetch(`${url}/health/ready`)).status).toBe(500)
})

it('an interval that cannot be used is named', () => {
  expect(() => healthRouter({ notReadyIntervalMs: 0.5 })).toThrow('`notReadyIntervalMs`')
  expect(() => healthRouter({ readyIntervalMs: -1 })).toThrow(
    '`readyIntervalMs` must be a whole number of milliseconds from 0 to 2,147,483,647, got -1.',
  )
})
