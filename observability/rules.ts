import { stringify } from 'yaml'
import { type Objectives, readObjectives } from '../apps/agent/src/objectives/index.ts'
import { BURNS, type Promised, promisesOf, share, WINDOWS, type Window } from './burn-rates.ts'

const HEAD = `# Made of slo.yaml by pnpm --filter observability build: change it there.
# The rules use the series of the agent's /metrics.
`
/** A range of days is much to read. Less than the five minutes after which Prometheus takes a series for gone. */
const LONG_RANGES: readonly Window[] = ['6h', '3d']

/** Rules for Prometheus as text: shares that went wrong over each window, and alerts on how fast they use up what may. */
export function buildRules(objectives: Objectives = readObjectives()): string {
  const promises = promisesOf(objectives)
  const isLong = (window: Window) => LONG_RANGES.includes(window)
  const record = (windows: readonly Window[]) =>
    promises.flatMap((promise) => windows.map((each) => recorded(promise, each)))
  const groups = [
    { name: 'agent-sli', interval: '1m', rules: record(WINDOWS.filter((window) => !isLong(window))) },
    { name: 'agent-sli-long', interval: '2m', rules: record(WINDOWS.filter(isLong)) },
    {
      name: 'agent-slo',
      interval: '1m',
      rules: [...promises.flatMap((each) => burning(each, objectives)), cost(objectives)],
    },
  ]
  return `${HEAD}${stringify({ groups }, { lineWidth: 0 })}`
}

function recorded({ record, errors }: Promised, window: Window) {
  return { record: `${record}:ratio_rate${window}`, expr: errors(window) }
}

/** Of a few events any share may be of one of them, so a long window needs a sample. */
function burning({ name, record, complaint, mayFail, events }: Promised, { smallestSample }: Objectives) {
  return BURNS.map(({ severity, factor, long, short }) => {
    const limit = share(factor * mayFail)
    return {
      alert: name,
      expr: [
        `${record}:ratio_rate${long} > ${limit}`,
        `and ${record}:ratio_rate${short} > ${limit}`,
        `and ${events(long)} >= ${smallestSample}`,
      ].join('\n'),
      labels: { severity, window: long },
      annotations: {
        summary: `{{ $value | humanizePercentage }} ${complaint} within ${long}: at least ${factor === 1 ? '' : `${factor} times `}the share that the objective allows.`,
      },
    }
  })
}

/** A mean is no share of anything, so it has no rate at which it burns: it is too high for an hour, and still is. */
function cost({ costPerTaskUsd, smallestSample }: Objectives) {
  const sum = (part: string, of: string) => `sum by (job) (${of}(agent_task_cost_${part}))`
  const mean = (window: Window) => `${sum(`sum[${window}]`, 'rate')} / ${sum(`count[${window}]`, 'rate')}`
  return {
    alert: 'AgentTasksDear',
    expr: [
      `${mean('1h')} > ${costPerTaskUsd}`,
      `and ${mean('5m')} > ${costPerTaskUsd}`,
      `and ${sum('count[1h]', 'increase')} >= ${smallestSample}`,
    ].join('\n'),
    labels: { severity: 'ticket', window: '1h' },
    annotations: {
      summary: `A task cost {{ $value | printf "%.4f" }} USD on average within 1h; the objective allows ${costPerTaskUsd}.`,
    },
  }
}
