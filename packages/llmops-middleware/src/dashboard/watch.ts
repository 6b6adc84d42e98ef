import type { ChaosState } from '../chaos/index.ts'
import type { History, Mark, MarkKind } from '../history/index.ts'
import { percent } from '../percent.ts'
import { formatUsd } from '../usd.ts'
import type { Objectives, Service } from './contract.ts'
import { judge, OBJECTIVE_NAMES, type ObjectiveName } from './judge.ts'

type Fault = NonNullable<Service['fault']>

type WatchParts = {
  readonly history: History
  readonly objectives: Objectives
  readonly chaos: { read(): ChaosState } | undefined
}

const TELL: Readonly<Record<ObjectiveName, (value: number) => string>> = {
  taskSuccess: (value) => `task success ${percent(Number(value.toPrecision(3)))}`,
  toolSuccess: (value) => `tool success ${percent(Number(value.toPrecision(3)))}`,
  costPerTaskUsd: (value) => `${formatUsd(Number(value.toPrecision(3)))} a task`,
  latencyP95Ms: (value) => `95 of 100 tasks in ${Math.round(value)} ms`,
}

/** Makes marks of what no event reports: faults that begin and end, and objectives that do not hold. */
export class Watch {
  readonly #parts: WatchParts
  readonly #open = new Map<string, Mark>()

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  look(nowMs: number): void {
    const { history, objectives, chaos } = this.#parts
    const fault = faultOf(chaos)
    this.#follow('fault', 'fault', fault && `${fault.mode} at ${percent(fault.probability)}`, nowMs)
    for (const name of OBJECTIVE_NAMES) {
      const { level, last30s, last5m, objective } = judge(name, objectives, history, nowMs)
      const value = last30s.level === 'bad' ? last30s.value : last5m.value
      const isBreached = level === 'bad' && objective !== null && value !== null
      this.#follow(
        name,
        'breach',
        isBreached ? `${TELL[name](value)}; objective: ${TELL[name](objective)}` : undefined,
        nowMs,
      )
    }
  }

  /** What goes on keeps the words that it began with; another fault is another mark. */
  #follow(key: string, kind: MarkKind, label: string | undefined, nowMs: number): void {
    const { history } = this.#parts
    const open = this.#open.get(key)
    const goesOn = open !== undefined && label !== undefined && (kind === 'breach' || open.label === label)
    if (goesOn) return
    if (open) history.mark({ ...open, endsAtMs: nowMs })
    this.#open.delete(key)
    if (label === undefined) return
    const mark: Mark = { atMs: nowMs, endsAtMs: null, kind, label }
    this.#open.set(key, mark)
    history.mark(mark)
  }
}

export function faultOf(chaos: { read(): ChaosState } | undefined): Fault | undefined {
  const state = chaos?.read()
  if (state === undefined || state.mode === 'off') return undefined
  return { mode: state.mode, probability: state.probability, endsAtMs: Date.parse(state.endsAt) }
}
