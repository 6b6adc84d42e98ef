import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Nanos } from '../../usd.ts'
import type { Hold } from '../ledger.ts'
import { LedgerCorruptedError } from '../ledger-corrupted-error.ts'

/** The cost of a hold, as far as this process knows. A later entry for the same hold replaces an earlier one. */
export type JournalEntry = {
  readonly hold: Hold
  readonly amountNanos: Nanos
  /** The part of the amount that is not known. @default 0; earlier releases do not write it */
  readonly unknownNanos?: Nanos
}

const NAME = /^settlements-(\d+)-.*\.jsonl$/
/** Files of this process. Another file with this process id belongs to an earlier process that had the same id. */
const filesOfThisProcess = new Set<string>()

/**
 * A folder that the processes of one machine may share, with one file per process and one line per entry. The files survive
 * the end of the process but not a power cut: they are not synced to disk, because they are written while calls run.
 */
export class JournalFolder {
  readonly #folder: string
  readonly #path: string

  /** @throws an error of the file system when the folder cannot be made. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#folder = folder
    this.#path = join(folder, `settlements-${process.pid}-${randomUUID()}.jsonl`)
    filesOfThisProcess.add(this.#path)
  }

  append(entry: JournalEntry): void {
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`)
  }

  /** Removes the entries of this process. */
  clear(): void {
    rmSync(this.#path, { force: true })
  }

  /**
   * Takes over the entries of processes that ended. If two processes do so at once, an entry is settled twice, which counts
   * once.
   *
   * @throws LedgerCorruptedError for a line that is not an entry; its file is left as it is.
   */
  adopt(): JournalEntry[] {
    const entries = new Map<string, JournalEntry>()
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name)
      const [, processId] = NAME.exec(name) ?? []
      if (processId === undefined || filesOfThisProcess.has(path) || isAlive(Number(processId))) continue
      for (const entry of readEntries(path)) {
        this.append(entry)
        entries.set(entry.hold.id, entry)
      }
      rmSync(path, { force: true })
    }
    return [...entries.values()]
  }
}

function isAlive(processId: number): boolean {
  if (processId === process.pid) return false
  try {
    return process.kill(processId, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function readEntries(path: string): JournalEntry[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  // A process that died while writing leaves an incomplete last line. It did not rely on that entry yet.
  lines.pop()
  return lines.map((line, index) => {
    try {
      const entry = JSON.parse(line) as JournalEntry
      if (Array.isArray(entry.hold.accounts) && Number.isSafeInteger(entry.amountNanos)) return entry
    } catch (error) {
      throw new LedgerCorruptedError(`line ${index + 1} of ${path}`, 'not valid JSON', { cause: error })
    }
    throw new LedgerCorruptedError(`line ${index + 1} of ${path}`, 'not a settlement')
  })
}
