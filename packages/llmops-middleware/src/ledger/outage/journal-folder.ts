import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Nanos } from '../../usd.ts'
import type { Hold } from '../ledger.ts'
import { LedgerCorruptedError } from '../ledger-corrupted-error.ts'

/** What a hold comes to, as far as this process knows; a later entry of the same hold replaces an earlier one. */
export type JournalEntry = {
  readonly hold: Hold
  readonly amountNanos: Nanos
  /** The part of the amount that nobody knows. @default 0, as earlier releases wrote it */
  readonly unknownNanos?: Nanos
}

const NAME = /^settlements-(\d+)-.*\.jsonl$/
/** Of the breakers of this process; another file with its id is of a process that had the id before. */
const ours = new Set<string>()

/**
 * A file a process, a line an entry, in a folder that the processes of one machine may share. It survives the end of the
 * process, not a power cut: nothing is synced, since it is written while calls run.
 */
export class JournalFolder {
  readonly #folder: string
  readonly #path: string

  /** @throws an error of the file system when the folder cannot be made. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#folder = folder
    this.#path = join(folder, `settlements-${process.pid}-${randomUUID()}.jsonl`)
    ours.add(this.#path)
  }

  append(entry: JournalEntry): void {
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`)
  }

  /** Forgets the entries of this process. */
  clear(): void {
    rmSync(this.#path, { force: true })
  }

  /**
   * Takes over what dead processes left. If two do so at once it is settled twice, which counts once.
   *
   * @throws LedgerCorruptedError for a line that is not an entry; its file is left.
   */
  adopt(): JournalEntry[] {
    const entries = new Map<string, JournalEntry>()
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name)
      const [, processId] = NAME.exec(name) ?? []
      if (processId === undefined || ours.has(path) || isAlive(Number(processId))) continue
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
  // A process that died while it wrote leaves half a line at the end, which it had not relied on yet.
  lines.pop()
  return lines.map((line, index) => {
    try {
      const entry = JSON.parse(line) as JournalEntry
      if (Array.isArray(entry.hold.accounts) && Number.isSafeInteger(entry.amountNanos)) return entry
    } catch (error) {
      throw new LedgerCorruptedError(`line ${index + 1} of ${path}`, 'no JSON', { cause: error })
    }
    throw new LedgerCorruptedError(`line ${index + 1} of ${path}`, 'not a settlement')
  })
}
