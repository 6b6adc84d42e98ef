import { describe, expect, it } from 'vitest'
import type { BreakerBus } from './breaker-bus.ts'
import { Breakers } from './breakers.ts'
import { readRouteOptions } from './options.ts'

const PAUSE_MS = 10_000

/** A breaker with a clock that is turned by hand. */
function started({ threshold = 0.5 } = {}) {
  const clock = { ms: 1 }
  const announced: string[] = []
  let heard: (target: string, openMs: number) => void = () => {}
  const bus: BreakerBus = {
    announce: async (target) => void announced.push(target),
    listen: (listener) => {
      heard = listener
    },
    close: async () => {},
  }
  const targets = [{ name: 'one', model: 'gpt-4o' }]
  const options = { targets, breaker: { threshold, halfOpenAfterMs: PAUSE_MS, bus } }
  const breakers = new Breakers(readRouteOptions(options), () => clock.ms)
  const enter = async () => breakers.enter('one')
  return {
    clock,
    breakers,
    announced,
    enter,
    hear: (openMs: number) => heard('one', openMs),
    async attempts(...outcomes: ('answered' | 'failed' | 'left')[]) {
      for (const outcome of outcomes) (await enter())!.end(outcome)
    },
    isPassedOver: async () => (await enter()) === undefined,
  }
}

const FIVE_FAILURES = Array.from({ length: 5 }, () => 'failed' as const)

describe('a target', () => {
  it('is used until five attempts have failed, and is then reported to other processes', async () => {
    const { attempts, isPassedOver, announced } = started()
    await attempts('failed', 'failed', 'failed', 'failed')
    expect(await isPassedOver()).toBe(false)
    await attempts('failed')
    expect(await isPassedOver()).toBe(true)
    expect(announced).toEqual(['one'])
  })

  it('is asked while no more than its share of the last ten failed', async () => {
    const { attempts, isPassedOver } = started()
    for (let call = 0; call < 20; call++) await attempts('answered', 'failed')
    expect(await isPassedOver()).toBe(false)
    await attempts('failed')
    expect(await isPassedOver()).toBe(true)
  })

  it('is passed over at a share of 1 when all failed, and not before', async () => {
    const { attempts, isPassedOver } = started({ threshold: 1 })
    await attempts('answered', ...FIVE_FAILURES)
    expect(await isPassedOver()).toBe(false)
    await attempts(...FIVE_FAILURES)
    expect(await isPassedOver()).toBe(true)
  })

  it('is not judged by attempts that callers left', async () => {
    const { attempts, isPassedOver } = started()
    for (let call = 0; call < 20; call++) await attempts('left')
    expect(await isPassedOver()).toBe(false)
  })

  it('is asked by one call after its pause, for whose outcome the others wait', async () => {
    const { attempts, clock, enter, isPassedOver } = started()
    await attempts(...FIVE_FAILURES)
    clock.ms += PAUSE_MS - 1
    expect(await isPassedOver()).toBe(true)
    clock.ms += 1
    const probe = await enter()
    expect(probe?.isProbe).toBe(true)
    const others = [enter(), enter()]
    probe!.end('answered')
    expect((await Promise.all(others)).map((permit) => permit?.isProbe)).toEqual([false, false])
  })

  it('is passed over for another pause when that call failed, and by those who waited for it', async () => {
    const { attempts, clock, enter, isPassedOver, announced } = started()
    await attempts(...FIVE_FAILURES)
    clock.ms += PAUSE_MS
    const probe = await enter()
    const other = enter()
    probe!.end('failed')
    expect(await other).toBeUndefined()
    clock.ms += PAUSE_MS - 1
    expect(await isPassedOver()).toBe(true)
    expect(announced).toEqual(['one', 'one'])
  })

  it('is asked at once by another call when the caller of that one left', async () => {
    const { attempts, clock, enter, announced } = started()
    await attempts(...FIVE_FAILURES)
    clock.ms += PAUSE_MS
    const probe = await enter()
    const others = Promise.all(
      [enter(), enter()].map((pending) =>
        pending.then((permit) => {
          const isProbe = permit?.isProbe
          permit?.end('answered')
          return isProbe
        }),
      ),
    )
    probe!.end('left')
    expect(await others).toEqual([true, false])
    expect(announced).toEqual(['one'])
  })

  it('is passed over as long as another process says, and no longer', async () => {
    const { clock, hear, isPassedOver, breakers, announced } = started()
    hear(500)
    expect([breakers.isOpen('one'), await isPassedOver()]).toEqual([true, true])
    clock.ms += 500
    expect([breakers.isOpen('one'), await isPassedOver()]).toEqual([false, false])
    expect(announced).toEqual([])
  })

  it('is judged anew after it opened, not by attempts from before that end late', async () => {
    const { attempts, clock, enter, isPassedOver } = started()
    const late = await Promise.all(Array.from({ length: 10 }, enter))
    await attempts(...FIVE_FAILURES)
    clock.ms += PAUSE_MS
    const probe = await enter()
    for (const permit of late) permit!.end('failed')
    probe!.end('answered')
    expect(await isPassedOver()).toBe(false)
  })
})
