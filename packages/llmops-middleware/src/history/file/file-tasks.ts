import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { KeptTask, TaskRow } from '../kept-task.ts'
import type { TaskPage, TaskQuery } from '../tasks/task-store.ts'
import { unpackTask } from './pack-task.ts'

const COLUMNS = 'number, task_id, tenant, detail, facts'
const FROM = 'FROM task LEFT JOIN process USING (process_id)'

/** Reads the tasks in a file. They come from every process that wrote to it. */
export class FileTasks {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  list({ isFailed, tenant, before = Number.MAX_SAFE_INTEGER, limit }: TaskQuery): TaskPage {
    const conditions = [
      'number < ?',
      ...(isFailed ? ['is_failed = 1'] : []),
      ...(tenant === undefined ? [] : ['tenant = ?']),
    ]
    const rows = this.#all(
      `SELECT ${COLUMNS} ${FROM} WHERE ${conditions.join(' AND ')} ORDER BY number DESC LIMIT ?`,
      before,
      ...(tenant === undefined ? [] : [tenant]),
      limit + 1,
    )
    const shown = rows.slice(0, limit)
    return {
      tasks: shown.flatMap((row) => read(row) ?? []).map(rowOf),
      next: rows.length > limit ? Number(shown.at(-1)?.['number']) : undefined,
    }
  }

  get(id: string): KeptTask | undefined {
    const [row] = this.#all(`SELECT ${COLUMNS} ${FROM} WHERE task_id = ? ORDER BY number DESC LIMIT 1`, id)
    return row && read(row)
  }

  #all(sql: string, ...values: SQLInputValue[]): Readonly<Record<string, unknown>>[] {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, known)
    return known.all(...values)
  }
}

/** Returns undefined if the row is damaged, so that the other tasks are still shown. */
function read({ task_id, tenant, detail, facts }: Readonly<Record<string, unknown>>): KeptTask | undefined {
  try {
    return unpackTask(String(detail), { id: String(task_id), tenant: String(tenant), facts: factsOf(facts) })
  } catch {
    return undefined
  }
}

/** The facts that a process stated about itself. Empty if they are damaged. */
export function factsOf(facts: unknown): Readonly<Record<string, string>> {
  try {
    const read = JSON.parse(String(facts))
    return typeof read === 'object' && read !== null ? read : {}
  } catch {
    return {}
  }
}

function rowOf(task: KeptTask): TaskRow {
  const {
    unknownUsd: _,
    traceId: _1,
    conversationId: _2,
    scopes: _3,
    facts: _4,
    calls: _5,
    callsLeftOut: _6,
    ...row
  } = task
  return row
}
