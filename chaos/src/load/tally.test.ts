import { describe, expect, it } from 'vitest'
import { type Sample, summarise } from './tally.ts'

const sample = (over: Partial<Sample>): Sample => ({
  status: 200,
  latencyMs: 1,
  instance: 'a',
  succeeded: true,
  costUsd: 0,
  repairs: 0,
  fallbacks: 0,
  ...over,
})

describe('a summary', () => {
  it('has no success ratio and no latency without a request, since no data is not health', () => {
    expect(summarise([])).toMatchObject({ requests: 0, successRatio: undefined, latencyMs: undefined })
  })

  it('counts a failed task behind a 200 as a failure', () => {
    const summary = summarise([sample({}), sample({ succeeded: false })])
    expect(summary).toMatchObject({ successRatio: 0.5, statuses: { 200: 2 } })
  })

  it('takes nearest-rank quantiles', () => {
    const samples = Array.from({ length: 100 }, (_, index) => sample({ latencyMs: 100 - index }))
    expect(summarise(samples).latencyMs).toEqual({ p50: 50, p95: 95, p99: 99 })
  })

  it('counts who answered', () => {
    expect(summarise([sample({}), sample({ instance: 'b' }), sample({ instance: undefined })]).instances).toEqual({
      a: 1,
      b: 1,
    })
  })
})
