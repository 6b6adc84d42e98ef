import type { DatabaseSync } from 'node:sqlite'
import { InvalidOptionError } from '../../errors.ts'
import { realTiming, type Timing } from '../../timing.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import type { SqliteBooks } from './sqlite-books.ts'
import { describeFailure, isBusy } from './sqlite-failure.ts'

/** Bounds how long one transaction can hold the event loop and the file. */
const LARGEST_GROUP = 256
const LONGEST_PAUSE_MS = 8

type GroupTiming = Pick<Timing, 'monotonicMs' | 'after'>

type Waiting = {
  readonly operation: string
  readonly run: (books: SqliteBooks) => unknown
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
  readonly givesUpAtMs: number
}

/**
 * Runs the operations that came in the same turn of the event loop in one transaction, so that they share one sync to
 * disk. While another process holds the file, they wait without blocking the loop, up to a time.
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
      this.#waiting.push({ operation, run, resolve, reject, givesUpAtMs: this.#timing.monotonicMs() + this.#waitMs })
      this.#schedule()
    })
  }

  /** Resolves when nothing waits any more. */
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

  /** False while another process holds the file; those who waited too long are told. */
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
        if (isTemporary && nowMs < waiting.givesUpAtMs) stillWaiting.push(waiting)
        else waiting.reject(this.#failure(error, waiting.operation, isTemporary))
      }
      this.#waiting = stillWaiting
      this.#busyTries = stillWaiting.length === 0 ? 0 : this.#busyTries + 1
      return false
    }
  }

  #runGroup(group: readonly Waiting[]): void {
    const answers: (() => void)[] = []
    try {
      for (const { run, resolve, reject } of group) {
        try {
          const result = run(this.#books)
          answers.push(() => resolve(result as never))
        } catch (error) {
          // A refused argument is found before anything is written, so the others of the group go on.
          if (!InvalidOptionError.isInstance(error)) throw error
          answers.push(() => reject(error))
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
    for (const answer of answers) answer()
  }

  #rollBack(): void {
    // SQLite has already rolled back after some errors, among them a full disk.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
  }

  #failure(error: unknown, operation: string, isTimeout: boolean): unknown {
    return isTimeout
      ? new LedgerUnavailableError(operation, `${this.#path} stayed locked for ${this.#waitMs} ms`, { cause: error })
      : describeFailure(error, this.#path, operation)
  }
}
