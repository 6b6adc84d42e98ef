import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { KeptTask } from '../kept-task.ts'
import { MARK_KINDS, type Mark, type MarkKind } from '../marks.ts'
import type { EndedTask } from '../tasks/ended-task.ts'
import type { TaskPage, TaskQuery, TaskStore } from '../tasks/task-store.ts'
import { Figures } from '../windows/figures.ts'
import { FINEST_STEP_MS, type KeptStep } from '../windows/windows.ts'
import { FileTasks, factsOf } from './file-tasks.ts'
import { openHistoryFile, pragma } from './open-history-file.ts'
import { packTask } from './pack-task.ts'

export type HistoryFileOptions = {
  readonly path: string
  readonly maxBytes: number
  readonly maxAgeMs: number
  /** The facts that the application states about this process, such as its release. */
  readonly facts: Readonly<Record<string, string>>
  readonly epochMs: () => number
}

/** The most tasks that one batch writes. A batch blocks the process for a few milliseconds. */
const BATCH = 200
/** The most tasks that wait while the file cannot be written. Beyond it, the oldest waiting tasks are lost. */
const MOST_WAITING = 5000
/** Room above the size limit for one batch and its index entries, which are written before old rows are deleted. */
const SLACK = 1.1
const DAY_MS = 86_400_000
/** The most steps read from other processes, latest first: a process that restarts all night leaves very many. */
const MOST_STEPS = 5000
const MOST_MARKS = 500

/** What other processes wrote to the file, before this one started or while it runs. */
export type OfOthers = {
  readonly steps: readonly KeptStep[]
  readonly marks: readonly Mark[]
}

/**
 * Tasks, figures and marks in a file that outlives the process. It has its own database connection. No call waits for
 * it: tasks that end are queued and written in batches.
 */
export class HistoryFile implements TaskStore {
  readonly #options: HistoryFileOptions
  readonly #database: DatabaseSync
  readonly #processId: number
  readonly #tasks: FileTasks
  readonly #insertTask: StatementSync
  readonly #putStep: StatementSync
  readonly #putMark: StatementSync
  #waiting: EndedTask[] = []
  #steps: KeptStep[] = []
  #marks: Mark[] = []
  #lost = 0
  #failure: string | undefined
  #isClosed = false

  /** @throws Error that says why the file cannot be used. */
  constructor(options: HistoryFileOptions) {
    const { path, maxBytes, facts, epochMs } = options
    this.#options = options
    const database = openHistoryFile(path)
    this.#database = database
    // A hard limit. It is normally not reached, because #makeRoom deletes old rows first.
    const pages = Math.ceil((maxBytes * SLACK) / pragma(database, 'page_size'))
    database.exec(`PRAGMA max_page_count = ${pages}`)
    this.#tasks = new FileTasks(database)
    this.#insertTask = database.prepare(
      'INSERT INTO task (task_id, tenant, ended_at_ms, is_failed, process_id, detail) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#putStep = database.prepare('INSERT OR REPLACE INTO step VALUES (?, ?, ?, ?)')
    this.#putMark = database.prepare('INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?, ?)')
    this.#forgetOld()
    const insert = database.prepare('INSERT INTO process (started_at_ms, facts) VALUES (?, ?)')
    this.#processId = Number(insert.run(epochMs(), JSON.stringify(facts)).lastInsertRowid)
  }

  /** A sentence that says why something is missing from the file; undefined if nothing is. */
  get problem(): string | undefined {
    if (this.#failure === undefined) return undefined
    const lost = this.#lost > 0 ? ` ${this.#lost} tasks are not in it.` : ''
    return `${this.#options.path} cannot be written: ${this.#failure}.${lost}`
  }

  /** The bytes of the file that are in use. SQLite reuses the pages of deleted rows before the file grows. */
  get usedBytes(): number {
    const database = this.#database
    return (pragma(database, 'page_count') - pragma(database, 'freelist_count')) * pragma(database, 'page_size')
  }

  /** Whether another process wrote a step to the file since the given time. */
  hasNeighbours(sinceMs: number): boolean {
    const sql = 'SELECT 1 FROM step WHERE step_ms = ? AND start_ms > ? AND process_id <> ? LIMIT 1'
    return this.#database.prepare(sql).get(FINEST_STEP_MS, sinceMs, this.#processId) !== undefined
  }

  ofOthers(): OfOthers {
    const of = (sql: string, most: number) => this.#database.prepare(`${sql} LIMIT ?`).all(this.#processId, most)
    const steps = of('SELECT * FROM step WHERE process_id <> ? ORDER BY start_ms DESC', MOST_STEPS)
    const marks = of('SELECT * FROM mark WHERE process_id <> ? ORDER BY at_ms DESC', MOST_MARKS)
    return { steps: steps.flatMap((row) => stepOf(row)), marks: marks.toReversed().flatMap((row) => markOf(row)) }
  }

  /** The facts of the processes that started before this one, latest first. */
  earlierFacts(): readonly Readonly<Record<string, string>>[] {
    const sql = 'SELECT facts FROM process WHERE process_id < ? ORDER BY process_id DESC LIMIT 50'
    return this.#database
      .prepare(sql)
      .all(this.#processId)
      .map(({ facts }) => factsOf(facts))
  }

  add(task: EndedTask): void {
    if (this.#waiting.push(task) <= MOST_WAITING) return
    this.#waiting.shift()
    this.#lost++
  }

  keepSteps(steps: readonly KeptStep[]): void {
    // A step that waits is replaced by its newer figures, so the windows bound the number of waiting steps.
    const same = (one: KeptStep, other: KeptStep) => one.stepMs === other.stepMs && one.startMs === other.startMs
    this.#steps = [...this.#steps.filter((waiting) => !steps.some((step) => same(step, waiting))), ...steps].slice(-500)
  }

  keepMark(mark: Mark): void {
    this.#marks = [...this.#marks, mark].slice(-500)
  }

  list(query: TaskQuery): TaskPage {
    this.flush(MOST_WAITING)
    return this.#tasks.list(query)
  }

  get(id: string): KeptTask | undefined {
    this.flush(MOST_WAITING)
    return this.#tasks.get(id)
  }

  /**
   * Writes what waits, with at most `most` tasks.
   *
   * @returns true if more waits that can be written now.
   */
  flush(most = BATCH): boolean {
    if (this.#isClosed) return false
    const tasks = this.#waiting.slice(0, most)
    if (tasks.length + this.#steps.length + this.#marks.length === 0) return false
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        this.#write(tasks)
        this.#database.exec('COMMIT')
      } catch (error) {
        this.#rollBack()
        throw error
      }
    } catch (error) {
      // The batch keeps waiting and is written with the next one.
      this.#failure = error instanceof Error ? error.message : String(error)
      return false
    }
    this.#waiting = this.#waiting.slice(tasks.length)
    this.#steps = []
    this.#marks = []
    this.#failure = undefined
    return this.#waiting.length > 0
  }

  close(): void {
    if (this.#isClosed) return
    this.flush(MOST_WAITING)
    this.#isClosed = true
    this.#database.close()
  }

  /** After some failures SQLite has already rolled back, so a second rollback fails. */
  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {}
  }

  #write(tasks: readonly EndedTask[]): void {
    this.#makeRoom(tasks.length)
    for (const task of tasks) {
      const { id, tenant, endedAtMs, isFailed } = task
      this.#insertTask.run(id, tenant, endedAtMs, isFailed ? 1 : 0, this.#processId, packTask(task.kept))
    }
    for (const { stepMs, startMs, figures } of this.#steps) {
      this.#putStep.run(stepMs, startMs, this.#processId, JSON.stringify(figures))
    }
    for (const { atMs, kind, label, endsAtMs } of this.#marks) {
      this.#putMark.run(atMs, kind, label, endsAtMs, this.#processId)
    }
  }

  /** Deletes twice as many tasks as it adds: a file that is too large shrinks, and no batch takes long. */
  #makeRoom(coming: number): void {
    const { maxBytes, maxAgeMs, epochMs } = this.#options
    const most = 2 * coming + 10
    const oldest = 'number IN (SELECT number FROM task ORDER BY number LIMIT ?)'
    if (this.usedBytes > maxBytes) this.#database.prepare(`DELETE FROM task WHERE ${oldest}`).run(most)
    else {
      this.#database.prepare(`DELETE FROM task WHERE ${oldest} AND ended_at_ms < ?`).run(most, epochMs() - maxAgeMs)
    }
    // Delete steps that no window shows any more.
    this.#database.prepare('DELETE FROM step WHERE step_ms < 10000 AND start_ms < ?').run(epochMs() - 600_000)
    this.#database.prepare('DELETE FROM step WHERE step_ms < 100000 AND start_ms < ?').run(epochMs() - 2 * 3_600_000)
  }

  /** Runs once, when the file is opened. It deletes rows that are few, or that no batch has to delete. */
  #forgetOld(): void {
    const { maxAgeMs, epochMs } = this.#options
    const run = (sql: string, ...values: number[]) => this.#database.prepare(sql).run(...values)
    run('DELETE FROM step WHERE start_ms < ?', epochMs() - 2 * DAY_MS)
    run('DELETE FROM mark WHERE at_ms < ?', epochMs() - Math.max(maxAgeMs, 2 * DAY_MS))
    run(
      'DELETE FROM process WHERE started_at_ms < ? AND process_id NOT IN (SELECT process_id FROM task)',
      epochMs() - 2 * DAY_MS,
    )
  }
}

type Row = Readonly<Record<string, unknown>>

/** Returns no step if the row cannot be read: a chart with a gap is better than no chart. */
function stepOf({ step_ms, start_ms, figures }: Row): readonly KeptStep[] {
  try {
    const read = Figures.from(JSON.parse(String(figures)))
    return [{ stepMs: Number(step_ms), startMs: Number(start_ms), figures: read }]
  } catch {
    return []
  }
}

function markOf({ at_ms, kind, label, ends_at_ms }: Row): readonly Mark[] {
  if (!(MARK_KINDS as readonly unknown[]).includes(kind)) return []
  const endsAtMs = ends_at_ms === null ? null : Number(ends_at_ms)
  return [{ atMs: Number(at_ms), kind: kind as MarkKind, label: String(label), endsAtMs }]
}
