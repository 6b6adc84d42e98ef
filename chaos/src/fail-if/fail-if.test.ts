import { describe, expect, it } from 'vitest'
import { type Sample, summarise } from '../load/tally.ts'
import { judgeCondition } from './condition.ts'
import { METRICS } from './metrics.ts'
import { parseCondition } from './parse-condition.ts'

const sample = (over: Partial<Sample> = {}): Sample => ({
  status: 200,
  latencyMs: 100,
  instance: 'a',
  succeeded: true,
  costUsd: 0.002,
  repairs: 0,
  fallbacks: 0,
  ...over,
})

function judge(text: string, samples: readonly Sample[], shed = 0) {
  const [condition] = parseCondition(text)
  return judgeCondition(condition!, { ...summarise(samples), shed })
}

const tenOf = (failed: number, over: Partial<Sample>) =>
  Array.from({ length: 10 }, (_, index) => (index < failed ? sample({ succeeded: false, ...over }) : sample()))

describe('--fail-if', () => {
  it.each([
    ['success<0.95', tenOf(1, { status: 500 }), true],
    ['success<0.9', tenOf(1, { status: 500 }), false],
    ['success<=0.9', tenOf(1, { status: 500 }), true],
    ['success < 95%', tenOf(1, {}), true],
    ['errors>10%', tenOf(1, {}), false],
    ['errors>=10%', tenOf(1, {}), true],
    ['refusals>0', tenOf(1, { status: 402 }), true],
    ['refusals>0', tenOf(1, { status: 503 }), false],
    ['server-errors>0', tenOf(1, { status: 503 }), true],
    ['unreachable>0', tenOf(1, { status: 'unreachable' }), true],
    ['p95>2s', tenOf(1, { latencyMs: 2001 }), true],
    ['p50>2s', tenOf(1, { latencyMs: 2001 }), false],
    ['p99>=2000ms', tenOf(1, { latencyMs: 2000 }), true],
    ['cost>0.0019', tenOf(0, {}), true],
    ['cost>$0.002', tenOf(0, {}), false],
    ['requests<11', tenOf(0, {}), true],
    ['success<99.9%', [...Array.from({ length: 999 }, () => sample()), sample({ succeeded: false })], false],
    ['p95>1.1s', [sample({ latencyMs: 1100 })], false],
  ])('%s', (text, samples, failed) => {
    expect(judge(text, samples)).toMatchObject({ failIf: text, failed })
  })

  it('counts arrivals that were not sent', () => {
    expect([judge('shed>0', [], 1).failed, judge('shed>0', [], 0).failed]).toEqual([true, false])
  })

  // grafana/k6#1346, artilleryio/artillery#1287: a threshold without data must not pass unseen.
  it.each(['success<0.1', 'errors>0.9', 'p95>1s', 'cost>5', 'unreachable>0.5', 'server-errors>0.5'])(
    '%s is met without a sample, whichever way it compares',
    (text) => {
      expect(judge(text, [])).toEqual({ failIf: text, failed: true })
    },
  )

  it('takes no time from connections that were refused at once', () => {
    const refused = sample({ status: 'unreachable', succeeded: false, latencyMs: 1 })
    expect(judge('p99>2s', [refused])).toEqual({ failIf: 'p99>2s', failed: true })
    expect(judge('p99>2s', [refused, sample()])).toMatchObject({ failed: false })
  })

  it('collects what is repeated, as grafana/k6 does not for one metric', () => {
    const both = parseCondition('p95>2s', parseCondition('p95<1ms'))
    expect(both.map(({ text }) => text)).toEqual(['p95<1ms', 'p95>2s'])
  })

  it.each([
    ['sucess<0.95', "'sucess' is not a metric. Did you mean 'success'? There are success, errors"],
    ['p(95)>2s', "'p(95)' is not a metric. Did you mean 'p95'?"],
    ['http_req_failed>1%', "'http_req_failed' is not a metric. There are"],
    ['toString<1', "'toString' is not a metric"],
    ['<0.95', "'' is not a metric"],
    ['success', 'After the metric comes <, <=, > or >=. Quote it all, since a shell reads < and > itself'],
    ['success=0.95', "'=' is not one of <, <=, >, >=."],
    ['success=<0.95', "'=<' is not one of <, <=, >, >=. Did you mean '<='?"],
    [
      'success<0,95',
      "'success' is compared with a share from 0 to 1 or 0% to 100%, such as 0.95 or 95%, not '0,95'. Did you mean 0.95?",
    ],
    ['success<95', 'Did you mean 95%?'],
    ['success<-1', "not '-1'"],
    ['success<NaN', "not 'NaN'"],
    ['success<', "not ''"],
    ['p95>2', "'p95' is compared with a time with its unit, such as 2s or 500ms, not '2'. Did you mean 2s?"],
    ['p95>2sec', "not '2sec'"],
    ['p95>1e3ms', "not '1e3ms'"],
    ['requests<1.5', "'requests' is compared with a whole number"],
    ['success<0.9 and p95>2s', 'Repeat --fail-if for a second condition'],
    ['success<0.9<1', "not '0.9<1'"],
  ])('refuses %s, saying what is wrong with it', (text, message) => {
    expect(() => parseCondition(text)).toThrow(message)
  })

  it('has an acceptable value for every metric', () => {
    const values = { share: '50%', time: '1s', usd: '0.1', count: '1' }
    for (const [name, { unit }] of Object.entries(METRICS)) {
      expect(parseCondition(`${name}>=${values[unit]}`)).toMatchObject([{ metric: name }])
    }
  })
})
