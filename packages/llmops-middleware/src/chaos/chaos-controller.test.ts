import { context, trace } from '@opentelemetry/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RecordedTelemetry, useAsyncContext } from '../../test/support/recorded-telemetry.ts'
import { InvalidOptionError } from '../errors.ts'
import { ChaosController, type ChaosTarget } from './chaos-controller.ts'
import type { ChaosSettings } from './chaos-settings.ts'
import { ChaosMalformed, ChaosOutage, ChaosThrottled } from './faults/index.ts'

beforeAll(useAsyncContext)
afterAll(() => context.disable())

function setUp(settings?: ChaosSettings) {
  let nowMs = Date.UTC(2026, 10, 24)
  const injected: string[] = []
  const chaos = new ChaosController({ sli: { chaosInjected: (mode) => injected.push(mode) }, now: () => nowMs })
  if (settings) chaos.set(settings)
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { chaos, injected, pass }
}

/** Which of a hundred calls are hit. */
function hits(chaos: ChaosController, target: ChaosTarget = 'lookup'): number[] {
  return Array.from({ length: 100 }, (_, index) => index).filter(() => chaos.draw(target) !== undefined)
}

describe('a fault', () => {
  it('is not there until it is set', () => {
    const { chaos, injected } = setUp()
    expect(chaos.read()).toEqual({ mode: 'off' })
    chaos.maybeInject('lookup')
    expect(injected).toEqual([])
  })

  it('throws an outage that a fallback chain may go around', () => {
    const { chaos } = setUp({ mode: 'outage' })
    expect(() => chaos.maybeInject('lookup')).toThrow(ChaosOutage)
    expect(() => chaos.maybeInject('lookup')).toThrow(
      expect.objectContaining({ code: 'chaos_outage', isUnavailable: true, target: 'lookup' }),
    )
  })

  it('throws a throttling with the time to wait', () => {
    const { chaos } = setUp({ mode: 'throttle', retryAfterMs: 2500 })
    expect(() => chaos.maybeInject('lookup')).toThrow(ChaosThrottled)
    expect(() => chaos.maybeInject('lookup')).toThrow(expect.objectContaining({ retryAfterMs: 2500 }))
  })

  it('throws a malformed answer', () => {
    const { chaos } = setUp({ mode: 'malformed' })
    expect(() => chaos.maybeInject({ model: 'gpt-4o' })).toThrow(ChaosMalformed)
  })

  it('is counted each time, and labels the span it hit', () => {
    const { chaos, injected } = setUp({ mode: 'outage' })
    const telemetry = new RecordedTelemetry()
    telemetry.tracer.startActiveSpan('execute_tool lookup', (span) => {
      expect(() => chaos.maybeInject('lookup')).toThrow()
      span.end()
    })
    expect(trace.getActiveSpan()).toBeUndefined()
    expect(telemetry.spans[0]?.attributes).toEqual({ 'chaos.mode': 'outage' })
    expect(injected).toEqual(['outage'])
    expect(chaos.read()).toMatchObject({ injected: 1 })
  })

  it('ends by itself', () => {
    const { chaos, pass } = setUp({ mode: 'outage', ttlMs: 60_000 })
    expect(chaos.read()).toMatchObject({ mode: 'outage', endsAt: '2026-11-24T00:01:00.000Z' })
    pass(59_999)
    expect(chaos.draw('lookup')).toBeDefined()
    pass(1)
    expect(chaos.draw('lookup')).toBeUndefined()
    expect(chaos.read()).toEqual({ mode: 'off' })
  })

  it('ends after five minutes by default', () => {
    const { chaos, pass } = setUp({ mode: 'outage' })
    pass(5 * 60_000)
    expect(chaos.read()).toEqual({ mode: 'off' })
  })

  it.each([
    ['clear', (chaos: ChaosController) => chaos.clear()],
    ['mode off', (chaos: ChaosController) => void chaos.set({ mode: 'off' })],
  ])('ends at once with %s', (_, end) => {
    const { chaos } = setUp({ mode: 'outage' })
    end(chaos)
    expect(chaos.read()).toEqual({ mode: 'off' })
    chaos.maybeInject('lookup')
  })
})

describe('the probability', () => {
  it('of 0 never hits, of 1 always', () => {
    expect(hits(setUp({ mode: 'outage', probability: 0 }).chaos)).toHaveLength(0)
    expect(hits(setUp({ mode: 'outage', probability: 1 }).chaos)).toHaveLength(100)
  })

  it('hits about its share of calls', () => {
    const { chaos } = setUp({ mode: 'outage', probability: 0.3, seed: 7 })
    const share = Array.from({ length: 10_000 }).filter(() => chaos.draw('lookup')).length / 10_000
    expect(share).toBeCloseTo(0.3, 1)
  })

  it('hits the same calls again with the same seed, and others with another', () => {
    const first = hits(setUp({ mode: 'outage', probability: 0.5, seed: 1 }).chaos)
    expect(hits(setUp({ mode: 'throttle', probability: 0.5, seed: 1 }).chaos)).toEqual(first)
    expect(hits(setUp({ mode: 'outage', probability: 0.5, seed: 2 }).chaos)).not.toEqual(first)
  })

  it('can be repeated from the seed that read() shows', () => {
    const { chaos } = setUp({ mode: 'outage', probability: 0.5 })
    const state = chaos.read()
    const seed = state.mode === 'off' ? 0 : state.seed
    expect(hits(setUp({ mode: 'outage', probability: 0.5, seed }).chaos)).toEqual(hits(chaos))
  })
})

describe('the scope', () => {
  const lookup = { tool: 'lookup', tenant: 'contoso' }
  const model = { model: 'gpt-4o', tenant: 'contoso' }

  it.each<[string, Omit<ChaosSettings, 'mode'>, ChaosTarget, boolean]>([
    ['hits everything by default: tools', {}, lookup, true],
    ['hits everything by default: models', {}, model, true],
    ['of a tool hits that tool', { tools: ['lookup'] }, lookup, true],
    ['of a tool leaves other tools alone', { tools: ['refund'] }, lookup, false],
    ['of a tool leaves models alone', { tools: ['lookup'] }, model, false],
    ['of a tool and the model hits both', { tools: ['lookup'], model: true }, model, true],
    ['without tools leaves tools alone', { tools: [], model: true }, lookup, false],
    ['without the model leaves models alone', { model: false }, model, false],
    ['without the model hits tools', { model: false }, lookup, true],
    ['of a tenant hits that tenant', { tenants: ['contoso'] }, model, true],
    ['of a tenant leaves other tenants alone', { tenants: ['fabrikam'] }, model, false],
    ['of a tenant leaves alone whoever has no name', { tenants: ['contoso'] }, { tool: 'lookup' }, false],
  ])('%s', (_, scope, target, isHit) => {
    const { chaos } = setUp({ mode: 'outage', ...scope })
    expect(chaos.draw(target) !== undefined).toBe(isHit)
  })
})

describe('settings that cannot be used', () => {
  it.each<[unknown, string]>([
    [{ mode: 'explode' }, "`mode` must be one of off, throttle, malformed, outage, latency-spike, got 'explode'."],
    [{}, '`mode` is missing; it must be one of off, throttle, malformed, outage, latency-spike.'],
    [{ mode: 'outage', probability: 1.5 }, '`probability` must be a number from 0 to 1, got 1.5.'],
    [{ mode: 'outage', probability: Number.NaN }, '`probability` must be a number from 0 to 1, got NaN.'],
    [{ mode: 'outage', probability: '1' }, "`probability` must be a number from 0 to 1, got '1'."],
    [{ mode: 'outage', ttlMs: 0 }, '`ttlMs` must be a whole number of milliseconds from 1 to 86,400,000, got 0.'],
    [
      { mode: 'outage', ttlMs: 86_400_001 },
      '`ttlMs` must be a whole number of milliseconds from 1 to 86,400,000, got 86400001.',
    ],
    [
      { mode: 'outage', ttlMs: Infinity },
      '`ttlMs` must be a whole number of milliseconds from 1 to 86,400,000, got Infinity.',
    ],
    [{ mode: 'outage', seed: -1 }, '`seed` must be a whole number from 0 to 4,294,967,295, got -1.'],
    [
      { mode: 'outage', tenants: 'contoso' },
      "`tenants` must be a list of at most 1,000, each a text that is not empty, got 'contoso'.",
    ],
    [{ mode: 'outage', tools: [1] }, '`tools[0]` must be a text that is not empty, got 1.'],
    [{ mode: 'outage', model: 'gpt-4o' }, "`model` must be true or false, got 'gpt-4o'."],
    [
      { mode: 'outage', retryAfterMs: -1 },
      '`retryAfterMs` must be a whole number of milliseconds from 0 to 600,000, got -1.',
    ],
    [
      { mode: 'outage', tenant: ['contoso'] },
      '`tenant` is not an option; accepted is one of mode, probability, seed, tenants,',
    ],
    [[], '`options` must be an object of options, got an empty array.'],
    [null, '`options` must be an object of options, got null.'],
  ])('are refused by name, and change nothing: %o', (settings, message) => {
    const { chaos } = setUp({ mode: 'throttle', seed: 5 })
    const before = chaos.read()
    expect(() => chaos.set(settings as ChaosSettings)).toThrow(InvalidOptionError)
    expect(() => chaos.set(settings as ChaosSettings)).toThrow(message)
    expect(chaos.read()).toEqual(before)
  })

  it('has nothing to throw for a latency spike, and counts none', () => {
    const chaos = new ChaosController()
    chaos.set({ mode: 'latency-spike' })
    expect(() => chaos.maybeInject('lookup')).not.toThrow()
    expect(chaos.read()).toMatchObject({ injected: 0 })
  })
})
