import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { readObjectives } from '../apps/agent/src/objectives/index.ts'
import { LATENCY_BOUNDARIES } from './burn-rates.ts'
import { metricsSeries, type Series } from './metrics-page.ts'
import { readPromql } from './promql.ts'
import { buildRules } from './rules.ts'

const FILE = fileURLToPath(new URL('./prometheus/agent.rules.yml', import.meta.url))
const text = readFileSync(FILE, 'utf8')
const rules = (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules)
type Rule = { readonly expr: string; readonly record?: string; readonly alert?: string }

/** The stories below are told of these, whatever the agent is held to. */
const HELD_TO = {
  taskSuccess: 0.99,
  toolSuccess: 0.95,
  costPerTaskUsd: 0.05,
  latencyMs: 30_000,
  undoBelowSuccess: 0.8,
  smallestSample: 10,
}

describe('prometheus/agent.rules.yml', () => {
  let series: Series
  beforeAll(async () => {
    series = await metricsSeries()
  })

  it('is what slo.yaml makes; `pnpm --filter observability build` refreshes it', () => {
    expect(text).toBe(buildRules(readObjectives()))
  })

  it('is sound for promtool', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', FILE], { encoding: 'utf8' })
    expect(status, stdout + stderr).toBe(0)
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`)
  })

  it.each(rules.map(({ expr }) => expr))(
    'reads series and labels that /metrics has, or that it records: %s',
    (expr) => {
      const { errors, metrics, labels } = readPromql(expr)
      expect(errors).toEqual([])
      const recorded = rules.flatMap(({ record }) => record ?? [])
      for (const metric of metrics) expect([...series.keys(), ...recorded]).toContain(metric)
      // Prometheus itself adds the job.
      const known = new Set(['job', ...metrics.flatMap((metric) => [...(series.get(metric)?.keys() ?? [])])])
      expect(labels.filter((label) => !known.has(label))).toEqual([])
    },
  )

  it('records each series once', () => {
    const recorded = rules.flatMap(({ record }) => record ?? [])
    expect(new Set(recorded).size).toBe(recorded.length)
  })

  it('looks for boundaries of the latency that are there', () => {
    const boundaries = [...series.get('agent_task_latency_bucket')!.get('le')!]
    expect(boundaries).toEqual([...LATENCY_BOUNDARIES.map(String), '+Inf'])
    // Prometheus writes a whole one differently from version 3 on: 1.0.
    expect(LATENCY_BOUNDARIES.filter(Number.isInteger)).toEqual([])
  })
})

/** So many minutes, in each of which a counter grows by so much. */
type Part = readonly [minutes: number, each: number]
type Input = readonly { readonly series: string; readonly values: string }[]
/** When, in minutes, and what fires then: alert, severity, window and job. */
type Story = { readonly input: Input; readonly at: number; readonly firing: readonly string[] }

const HOUR = 60
const QUIET = 9 * HOUR
const PAGES = ['page 1h', 'page 6h', 'ticket 3d']

/** 100 tasks a minute, of which so many in a hundred fail. */
function tasks(...parts: readonly Part[]): Input {
  return [
    counter('agent_task_success_total', '', ...parts.map(([minutes, failed]): Part => [minutes, 100 - failed])),
    failures('agent', ...parts),
  ]
}

function failures(failureClass: string, ...parts: readonly Part[]) {
  return counter('agent_task_failure_total', `reason="http_500",class="${failureClass}"`, ...parts)
}

/** As promtool writes it: `from+each x count` are one sample more than the count. */
function counter(name: string, labels: string, ...parts: readonly Part[]): Input[number] {
  let total = 0
  const values = parts.map(([minutes, each]) => {
    const from = total
    total += each * minutes
    return `${from}+${each}x${minutes - 1}`
  })
  return { series: `${name}{job="agent",tenant="a"${labels && `,${labels}`}}`, values: values.join(' ') }
}

/** 60 tasks an hour by their latency: how many of each minute's one take up to so many seconds. */
function latencies(upTo: Readonly<Record<string, number>>): Input {
  const buckets = Object.entries(upTo).map(([le, each]) =>
    counter('agent_task_latency_bucket', `le="${le}"`, [2 * HOUR, each]),
  )
  return [...buckets, counter('agent_task_latency_count', '', [2 * HOUR, 1])]
}

function costs(...parts: readonly Part[]): Input {
  const minutes = parts.reduce((sum, [minutes]) => sum + minutes, 0)
  return [counter('agent_task_cost_sum', '', ...parts), counter('agent_task_cost_count', '', [minutes, 1])]
}

function tools(answered: number): Input {
  return [
    counter('agent_tool_outcome_sum', 'tool="lookup"', [2 * HOUR, answered]),
    counter('agent_tool_outcome_count', 'tool="lookup"', [2 * HOUR, 1]),
  ]
}

const all = (alert: string) => PAGES.map((each) => `${alert} ${each}`)

const STORIES: Readonly<Record<string, Story>> = {
  'calls nobody while fewer fail than may': { input: tasks([3 * HOUR, 0.8]), at: 3 * HOUR, firing: [] },
  'pages within a quarter of an hour of an outage': {
    input: tasks([QUIET, 0], [15, 100]),
    at: QUIET + 15,
    firing: ['AgentTasksFail page 1h', 'AgentTasksFail ticket 3d'],
  },
  'does not for one of five minutes': { input: tasks([QUIET, 0], [5, 100], [5, 0]), at: QUIET + 5, firing: [] },
  'pages nobody some minutes after the outage, which the hour still has': {
    input: tasks([QUIET, 0], [15, 100], [10, 0]),
    at: QUIET + 25,
    firing: ['AgentTasksFail ticket 3d'],
  },
  'pages when a tenth fails for hours, by its longer window': {
    input: tasks([QUIET, 0], [4 * HOUR, 10]),
    at: QUIET + 4 * HOUR,
    firing: ['AgentTasksFail page 6h', 'AgentTasksFail ticket 3d'],
  },
  'writes a ticket, and pages nobody, when for hours twice as many fail as may': {
    input: tasks([3 * HOUR, 0], [6 * HOUR, 2]),
    at: 9 * HOUR,
    firing: ['AgentTasksFail ticket 3d'],
  },
  'pages for an agent that has never succeeded': {
    input: [failures('agent', [HOUR, 5])],
    at: HOUR,
    firing: all('AgentTasksFail'),
  },
  'pages for an outage of the provider, too': {
    input: [counter('agent_task_success_total', '', [HOUR, 5]), failures('provider', [HOUR, 5])],
    at: HOUR,
    firing: all('AgentTasksFail'),
  },
  'calls nobody for what callers do': {
    input: [counter('agent_task_success_total', '', [HOUR, 5]), failures('caller', [HOUR, 50])],
    at: HOUR,
    firing: [],
  },
  'calls nobody for a few tasks at night, though all fail': {
    input: [failures('agent', [HOUR, 0.1])],
    at: HOUR,
    firing: [],
  },
  'takes no restart for failures': {
    input: [
      { series: 'agent_task_success_total{job="agent",tenant="a"}', values: '0+100x60 0+100x60' },
      { series: 'agent_task_failure_total{job="agent",tenant="a",class="agent"}', values: '0+0.5x60 0+0.5x60' },
    ],
    at: 2 * HOUR,
    firing: [],
  },
  'names the job that fails, and no other': {
    input: [...tasks([HOUR, 0]), { ...failures('agent', [HOUR, 5]), series: 'agent_task_failure_total{job="other"}' }],
    at: HOUR,
    firing: all('AgentTasksFail').map((each) => `${each} other`),
  },
  'pages when tools are not answered': { input: tools(0.2), at: 2 * HOUR, firing: all('AgentToolsFail') },
  'writes a ticket when a tenth of the tools is not answered': {
    input: tools(0.9),
    at: 2 * HOUR,
    firing: ['AgentToolsFail ticket 3d'],
  },
  'calls nobody for tools that are answered': { input: tools(0.96), at: 2 * HOUR, firing: [] },
  'pages when tasks are slow': {
    input: latencies({ '25.6': 0.1, '51.2': 0.2 }),
    at: 2 * HOUR,
    firing: all('AgentTasksSlow'),
  },
  'takes tasks within one bucket for spread over it': {
    // 30 s are 17 % of the way from 25.6 s to 51.2 s: of the 40 % in between 33 % are slower.
    input: latencies({ '25.6': 0.6, '51.2': 1 }),
    at: 2 * HOUR,
    firing: ['AgentTasksSlow page 6h', 'AgentTasksSlow ticket 3d'],
  },
  'calls nobody when tasks are quick': { input: latencies({ '25.6': 0.97, '51.2': 1 }), at: 2 * HOUR, firing: [] },
  'writes a ticket when a task costs too much': {
    input: costs([2 * HOUR, 0.06]),
    at: 2 * HOUR,
    firing: ['AgentTasksDear ticket 1h'],
  },
  'writes none for what it may cost': { input: costs([2 * HOUR, 0.04]), at: 2 * HOUR, firing: [] },
  'writes none for what has been mended': { input: costs([2 * HOUR, 0.06], [10, 0.01]), at: 2 * HOUR + 10, firing: [] },
}

describe('what fires', () => {
  it('is what each story says', () => {
    expect(complaintOf(STORIES)).toBeUndefined()
  })

  it.each([
    ['without its short windows', /\n +and job:.*:ratio_rate5m > .*/g, 'pages nobody some minutes after the outage'],
    ['for any number of tasks', />= 10$/gm, 'calls nobody for a few tasks at night', '>= 0'],
    [
      'by what succeeded alone',
      / or sum by \(job\) \(rate\(agent_task_failure.*?\)\)\)/g,
      'that has never succeeded',
      ')',
    ],
    ['with what callers do', /\{class!="caller"\}/g, 'calls nobody for what callers do'],
    ['at half the rate', /> 0\.144$/gm, 'pages when a tenth fails for hours', '> 0.072'],
    ['over all jobs', /sum by \(job\)/g, 'names the job that fails', 'sum'],
  ])('would be something else %s', (_, part, story, instead = '') => {
    const told = Object.entries(STORIES).filter(([name]) => name.includes(story))
    expect(told).toHaveLength(1)
    const rules = buildRules(HELD_TO)
    const changed = rules.replaceAll(part, instead)
    expect(changed).not.toBe(rules)
    expect(complaintOf(Object.fromEntries(told), changed)).toContain('exp:')
  })
})

/** What promtool has against what the stories say. */
function complaintOf(stories: Readonly<Record<string, Story>>, rules = buildRules(HELD_TO)): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'rules.yml'), rules)
  const tests = Object.entries(stories).map(([name, { input, at, firing }]) => ({
    name,
    interval: '1m',
    input_series: input,
    promql_expr_test: [
      {
        expr: 'max by (alertname, severity, window, job) (ALERTS{alertstate="firing"})',
        eval_time: `${at}m`,
        exp_samples: firing.map((each) => {
          const [alertname, severity, window, job = 'agent'] = each.split(' ')
          return {
            labels: `{alertname="${alertname}",severity="${severity}",window="${window}",job="${job}"}`,
            value: 1,
          }
        }),
      },
    ],
  }))
  const file = { rule_files: ['rules.yml'], evaluation_interval: '5m', tests }
  writeFileSync(join(folder, 'test.yml'), stringify(file))
  const args = ['test', 'rules', 'test.yml']
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' })
  return status === 0 ? undefined : stdout + stderr
}
