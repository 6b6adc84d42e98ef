import { type ChecksOf, checkOptions, checkValue, required, text, where, whole } from '../../check.ts'
import { LEDGER, type Ledger } from '../ledger.ts'

/** How large a slice is taken in advance, and how long it is kept. */
export type LocalShareOptions = {
  /** The part of what is left of an account that one process takes at a time. 0 < x ≤ 0.25. @default 0.02 */
  readonly share?: number
  /** Milliseconds after which an unused slice is returned and a used one replaced. @default 1000 */
  readonly keepMs?: number
  /**
   * From this many calls on an account within `keepMs` on, a slice of it is taken. With 1 the first call takes one, so
   * that there is a slice to live on when the ledger fails. @default 16
   */
  readonly busyCalls?: number
  /**
   * A folder where slices that could not be returned survive the process. It may be the `journalFolder` of the budget.
   * @default none: they are kept in memory.
   */
  readonly journalFolder?: string
}

export type LocalShareSettings = Required<Omit<LocalShareOptions, 'journalFolder'>>

const GIVEN = required(LEDGER)

export const LOCAL_SHARE_OPTIONS: ChecksOf<LocalShareOptions> = {
  share: where('a share above 0, up to 0.25', (share) => typeof share === 'number' && share > 0 && share <= 0.25),
  keepMs: whole(50, 60_000, 'milliseconds'),
  busyCalls: whole(1, 1_000_000, 'calls'),
  journalFolder: text,
}

/** @throws InvalidOptionError naming the option. */
export function readLocalShareOptions(ledger: Ledger, options: LocalShareOptions): LocalShareSettings {
  checkValue(ledger, GIVEN, 'localShare(ledger)')
  checkOptions(options, LOCAL_SHARE_OPTIONS, 'localShare')
  const { share = 0.02, keepMs = 1000, busyCalls = 16 } = options
  return { share, keepMs, busyCalls }
}
