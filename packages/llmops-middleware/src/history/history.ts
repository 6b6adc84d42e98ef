import type { OpsEvent, OpsEvents } from '../events/index.ts'
import { realTiming, type Timing } from '../timing.ts'
import { HistoryFile, type OfOthers } from './file/history-file.ts'
import type { KeptTask } from './kept-task.ts'
import { type Mark, Marks } from './marks.ts'
import type { EndedTask } from './tasks/ended-task.ts'
import { MemoryTasks } from './tasks/memory-tasks.ts'
import { OpenTasks } from './tasks/open-tasks.ts'
import type { TaskPage, TaskQuery, TaskStore } from './tasks/task-store.ts'
import { BusiestTenants } from './tenants/busiest-tenants.ts'
import { Windows } from './windows/windows.ts'

export type HistoryOptions = {
  readonly events: OpsEvents
  readonly file?: { readonly path: string; readonly maxBytes: number; readonly maxAgeMs: number } | undefined
  /** The facts that the application states about this process, such as its release. */
  readonly facts?: Readonly<Record<string, string>>
  readonly timing?: Pick<Timing, 'epochMs' | 'repeat'>
}

const EVERY_MS = 1000
/** How often the file is checked for what other processes wrote. */
const NEIGHBOURS_EVERY_MS = 5000
/** A process that wrote to the file within this time counts as running. */
const NEIGHBOUR_MS = 60_000
const LONGEST_OPEN_MS = 3_600_000

/** The figures of one `createLlmOps` over a day, and its tasks. Kept in memory, and in a file if one is configured. */
export class History {
  readonly windows: Windows
  readonly tenants = new BusiestTenants()
  /** The facts of the processes that started before this one, latest first. Empty without a file. */
  readonly earlierFacts: readonly Readonly<Record<string, string>>[]
  readonly #marks = new Marks()
  readonly #open: OpenTasks
  readonly #memory = new MemoryTasks()
  readonly #file: HistoryFile | undefined
  readonly #openFailure: string | undefined
  #lookedAtMs: number
  readonly #timing: Pick<Timing, 'epochMs' | 'repeat'>
  readonly #stop: readonly (() => void)[]
  readonly #taskListeners = new Set<(task: EndedTask) => void>()
  readonly #markListeners = new Set<(mark: Mark) => void>()
  /** The start of the earliest figures, in epoch milliseconds. */
  readonly sinceMs: number
  /** When the latest event came, in epoch milliseconds. */
  latestMs: number | undefined

  constructor({ events, file, facts = {}, timing = realTiming }: HistoryOptions) {
    this.#timing = timing
    const nowMs = timing.epochMs()
    this.windows = new Windows(nowMs)
    this.#open = new OpenTasks(facts)
    const {
      file: opened,
      failure,
      others = NOTHING,
      earlierFacts = [],
    } = open(file && { ...file, facts, epochMs: timing.epochMs })
    this.#file = opened
    this.#openFailure = failure
    this.earlierFacts = earlierFacts
    this.sinceMs = others.steps.reduce((since, { startMs }) => Math.min(since, startMs), nowMs)
    this.#lookedAtMs = nowMs
    this.#take(others, nowMs)
    this.#stop = [events.subscribe((event) => this.#hear(event)), timing.repeat(() => this.#tick(), EVERY_MS)]
  }

  get keptIn(): 'memory' | 'file' {
    return this.#file ? 'file' : 'memory'
  }

  /** A sentence that says why tasks are missing from the file; undefined if none is. */
  get problem(): string | undefined {
    return this.#openFailure ?? this.#file?.problem
  }

  /** The tasks of this process that have started and not ended. */
  running(nowMs: number): ReturnType<OpenTasks['running']> {
    return this.#open.running(nowMs)
  }

  list(query: TaskQuery): TaskPage {
    return this.#read((tasks) => tasks.list(query))
  }

  get(id: string): KeptTask | undefined {
    return this.#read((tasks) => tasks.get(id))
  }

  /** Adds a mark. A second call, once the marked event has ended, replaces the first. */
  mark(mark: Mark): void {
    const kept = this.#marks.put(mark)
    this.#file?.keepMark(kept)
    for (const listener of this.#markListeners) listener(kept)
  }

  marksSince(fromMs: number): readonly Mark[] {
    return this.#marks.since(fromMs)
  }

  onTask(listener: (task: EndedTask) => void): () => void {
    this.#taskListeners.add(listener)
    return () => void this.#taskListeners.delete(listener)
  }

  onMark(listener: (mark: Mark) => void): () => void {
    this.#markListeners.add(listener)
    return () => void this.#markListeners.delete(listener)
  }

  /** Writes everything that still waits, and closes the file. */
  close(): void {
    for (const stop of this.#stop) stop()
    this.#file?.keepSteps(this.windows.takeChanged(this.#timing.epochMs(), true))
    this.#file?.close()
  }

  /** Runs on the path of every call, so it only counts and queues. The rest is computed when it is read. */
  #hear(event: OpsEvent): void {
    const nowMs = this.#timing.epochMs()
    if (event.type === 'task_began') this.#open.taskBegan(event.taskId, nowMs)
    else if (event.type === 'task_ended') {
      this.latestMs = nowMs
      const { outcome, class: failedBy = 'agent', reason = 'error', latencyMs, totals, tenant } = event
      const failure = outcome === 'failure' ? { class: failedBy, reason } : undefined
      this.windows.now(nowMs).taskEnded({ durationMs: latencyMs, costUsd: totals.costUsd, failure })
      this.tenants.of(tenant, nowMs).taskEnded(nowMs, failure !== undefined)
      this.#keep(this.#open.taskEnded(event))
    } else if (event.type === 'model_call_ended') {
      this.latestMs = nowMs
      this.windows.now(nowMs).modelCallEnded(event)
      const tenant = this.tenants.of(event.tenant, nowMs)
      if (event.costUsd > 0) tenant.charged(nowMs, event.costUsd)
      if (event.budget === 'block') tenant.blocked(nowMs)
      this.#open.callEnded(event)
    } else if (event.type === 'tool_call_ended') {
      this.latestMs = nowMs
      this.windows.now(nowMs).toolCallEnded(event)
      this.#open.callEnded(event)
    } else if (event.type === 'decision' && event.kind === 'charged') {
      const { usd = 0, unknownUsd = 0, tenant } = event
      this.windows.now(nowMs).charged(usd, unknownUsd)
      if (tenant !== undefined) this.tenants.of(tenant, nowMs).charged(nowMs, usd)
    }
  }

  #take({ steps, marks }: OfOthers, nowMs: number): void {
    this.windows.setOthers(steps)
    for (const mark of marks) {
      // When a process dies, its open marks end with it, and no end was written for them.
      const isOver = mark.endsAtMs === null && nowMs - mark.atMs > LONGEST_OPEN_MS
      this.#marks.put(isOver ? { ...mark, endsAtMs: mark.atMs + LONGEST_OPEN_MS } : mark)
    }
  }

  #keep(task: EndedTask): void {
    this.#memory.add(task)
    this.#file?.add(task)
    for (const listener of this.#taskListeners) listener(task)
  }

  #tick(): void {
    const nowMs = this.#timing.epochMs()
    this.windows.roll(nowMs)
    const file = this.#file
    if (!file) return
    file.keepSteps(this.windows.takeChanged(nowMs))
    this.#flush(file)
    if (Math.abs(nowMs - this.#lookedAtMs) < NEIGHBOURS_EVERY_MS) return
    this.#lookedAtMs = nowMs
    this.#lookAtNeighbours(file, nowMs)
  }

  /** Reads what other processes wrote, so that after a swap the page shows the figures of the previous release. */
  #lookAtNeighbours(file: HistoryFile, nowMs: number): void {
    try {
      if (file.hasNeighbours(nowMs - NEIGHBOUR_MS)) this.#take(file.ofOthers(), nowMs)
    } catch {
      // The next read may succeed. Failures to write are reported by the code that writes.
    }
  }

  /** Writes one batch after another, and lets other work run in between. */
  #flush(file: HistoryFile): void {
    if (file.flush()) setImmediate(() => this.#flush(file))
  }

  /** Reads from the file, which includes the tasks of other processes; from memory if the file cannot be read. */
  #read<Result>(from: (tasks: TaskStore) => Result): Result {
    if (!this.#file || this.#file.problem !== undefined) return from(this.#memory)
    try {
      return from(this.#file)
    } catch {
      return from(this.#memory)
    }
  }
}

type Opened = {
  readonly file?: HistoryFile
  readonly failure?: string
  readonly others?: OfOthers
  readonly earlierFacts?: History['earlierFacts']
}

const NOTHING: OfOthers = { steps: [], marks: [] }

/** A file that cannot be used does not stop the service. The page shows the reason. */
function open(options: ConstructorParameters<typeof HistoryFile>[0] | undefined): Opened {
  if (options === undefined) return {}
  let file: HistoryFile | undefined
  try {
    file = new HistoryFile(options)
    return { file, others: file.ofOthers(), earlierFacts: file.earlierFacts() }
  } catch (error) {
    // The file may have been opened before reading what other processes wrote failed.
    file?.close()
    return { failure: `Tasks are kept in memory: ${error instanceof Error ? error.message : String(error)}` }
  }
}
