import type { DatabaseSync } from 'node:sqlite'
import { InvalidOptionError } from '../../errors.ts'
import { realTiming, type Timing } from '../../timing.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import type { SqliteBooks } from './sqlite-books.ts'
import { describeFailure, isBusy } from './sqlite-failure.ts'

/** Bounds how long one transaction can block the event loop and lock the file. */
const LARGEST_GROUP = 256
const LONGEST_PAUSE_MS = 8

type GroupTiming = Pick<Timing, 'monotonicMs' | 'after'>

type Waiting = {
  readonly operation: string
  readonly run: (books: SqliteBooks) => unknown
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
  readonly deadlineMs: number
}

/**
 * Runs the operations of one turn of the event loop in one transaction, so that they share one sync to disk. While another
 * process has locked the file, they wait up to `waitMs` without blocking the event loop.
 */
export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #books: SqliteBooks
  readonly #path: string
  readonly #waitMs: number
  readonly #random: () => number
  readonly #timing: GroupTiming
  #waiting: Waiting[] = []
  #isScheduled = false
  #busyTries = 0
  #onIdle: (() => void) | undefined

  constructor(
    database: DatabaseSync,
    books: SqliteBooks,
    options: { path: string; waitMs: number; random: () => number; timing?: GroupTiming },
  ) {
    this.#database = database
    this.#books = books
    this.#path = options.path
    this.#waitMs = options.waitMs
    this.#random = options.random
    this.#timing = options.timing ?? realTiming
  }

  run<Result>(operation: string, run: (books: SqliteBooks) => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ operation, run, resolve, reject, deadlineMs: this.#timing.monotonicMs() + this.#waitMs })
      this.#schedule()
    })
  }

  /** Resolves when no operation is waiting. */
  idle(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onIdle = resolve
    })
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    if (this.#busyTries === 0) {
      setImmediate(() => this.#commitGroup())
    } else {
      const pauseMs = Math.min(LONGEST_PAUSE_MS, this.#busyTries) * (0.5 + this.#random())
      this.#timing.after(() => this.#commitGroup(), pauseMs)
    }
  }

  #commitGroup(): void {
    this.#isScheduled = false
    if (this.#begin()) {
      this.#runGroup(this.#waiting.splice(0, LARGEST_GROUP))
    }
    if (this.#waiting.length > 0) this.#schedule()
    else this.#onIdle?.()
  }

  /** Returns false while another process has locked the file. Rejects operations that waited too long. */
  #begin(): boolean {
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      this.#busyTries = 0
      return true
    } catch (error) {
      const isTemporary = isBusy(error)
      const nowMs = this.#timing.monotonicMs()
      const stillWaiting: Waiting[] = []
      for (const waiting of this.#waiting) {
        if (isTemporary && nowMs < waiting.deadlineMs) stillWaiting.push(waiting)
        else waiting.reject(this.#failure(error, waiting.operation, isTemporary))
      }
      this.#waiting = stillWaiting
      this.#busyTries = stillWaiting.length === 0 ? 0 : this.#busyTries + 1
      return false
    }
  }

  #runGroup(group: readonly Waiting[]): void {
    const replies: (() => void)[] = []
    try {
      for (const { run, resolve, reject } of group) {
        try {
          const result = run(this.#books)
          replies.push(() => resolve(result as never))
        } catch (error) {
          // An invalid argument is found before anything is written, so the rest of the group can continue.
          if (!InvalidOptionError.isInstance(error)) throw error
          replies.push(() => reject(error))
        }
      }
      this.#books.store()
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#books.discard()
      this.#rollBack()
      for (const { reject, operation } of group) reject(this.#failure(error, operation, false))
      return
    }
    for (const reply of replies) reply()
  }

  #rollBack(): void {
    // After some errors, such as a full disk, SQLite has already rolled back.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
  }

  #failure(error: unknown, operation: string, isTimeout: boolean): unknown {
    return isTimeout
      ? new LedgerUnavailableError(operation, `${this.#path} stayed locked for ${this.#waitMs} ms`, { cause: error })
      : describeFailure(error, this.#path, operation)
  }
}
