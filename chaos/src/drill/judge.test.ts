import { describe, expect, it } from 'vitest'
import { type Sample, summarise } from '../load/tally.ts'
import { type Evidence, judge } from './judge.ts'
import { reportText } from './report.ts'
import { SCENARIOS } from './scenarios.ts'
import { exitCodeOf } from './verdict.ts'

const sample = (status: number): Sample => ({
  status,
  latencyMs: 10,
  instance: 'a',
  succeeded: status === 200,
  costUsd: 0.001,
  repairs: 0,
  fallbacks: 0,
})
const good = summarise(Array.from({ length: 100 }, () => sample(200)))
const bad = summarise(Array.from({ length: 50 }, () => sample(503)))

function evidence(over: Partial<Evidence> = {}): Evidence {
  return {
    scenario: SCENARIOS['outage']!,
    objectives: { taskSuccess: 0.99 },
    options: { seed: 1, speed: 60, mode: 'outage' },
    timeToDetect: { ruleMs: 120_000, wallMs: 2000 },
    timeToHeal: { ruleMs: 240_000, wallMs: 4000 },
    healerSwaps: 1,
    hasResolved: true,
    before: { instance: 'a', release: 'v2' },
    hurt: { instance: 'a', release: 'v2' },
    after: { instance: 'b', release: 'v1' },
    slis: { before: good, during: bad, after: good },
    ...over,
  }
}

const broken = (over: Partial<Evidence>) =>
  judge(evidence(over))
    .hypotheses.filter(({ held }) => !held)
    .map(({ name }) => name)

describe('the verdict of a drill', () => {
  it('is that it held when everything held, and the exit code says the same', () => {
    const verdict = judge(evidence())
    expect([verdict.held, exitCodeOf(verdict)]).toEqual([true, 0])
    expect(reportText(verdict)).toContain('The agent was hurt and healed.')
  })

  it('is by the objective of the agent, and says so', () => {
    const nearly = summarise([...Array.from({ length: 96 }, () => sample(200)), ...Array(4).fill(sample(503))])
    const slis = { before: nearly, during: bad, after: nearly }
    expect(broken({ slis }).join('; ')).toMatch(/at least 99% of the tasks succeed; At least 99% .* again/)
    expect(broken({ slis, objectives: { taskSuccess: 0.957 } })).toEqual([])
    expect(reportText(judge(evidence({ objectives: { taskSuccess: 0.957 } })))).toContain('at least 95.7% of the tasks')
  })

  it.each([
    ['nobody was served before', { slis: { before: summarise([]), during: bad, after: good } }, /steady state/],
    ['the fault hurt nobody', { slis: { before: good, during: good, after: good } }, /server errors/],
    ['the alert never fired', { timeToDetect: undefined }, /alert fires/],
    ['the healer swapped twice', { healerSwaps: 2 }, /exactly once/],
    ['another release is in production', { after: { instance: 'b', release: 'v3' } }, /last known good/],
    ['healing took too long', { timeToHeal: { ruleMs: 16 * 60_000, wallMs: 16_000 } }, /within 15 minutes/],
    ['tasks fail afterwards', { slis: { before: good, during: bad, after: bad } }, /succeed again/],
    ['the alert never resolved', { hasResolved: false }, /resolves/],
  ] satisfies [string, Partial<Evidence>, RegExp][])('is that it did not hold when %s', (_, over, name) => {
    expect(broken(over).join('; ')).toMatch(name)
    expect(exitCodeOf(judge(evidence(over)))).toBe(1)
  })

  it('requires that a fault behind status 200 stays hidden from the platform', () => {
    expect(broken({ scenario: SCENARIOS['bad-prompt']! }).join()).toMatch(/status 200/)
  })
})
