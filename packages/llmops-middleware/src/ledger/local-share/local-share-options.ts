import { type ChecksOf, checkOptions, checkValue, type Filled, required, text, where, whole } from '../../check.ts'
import { LEDGER, type Ledger } from '../ledger.ts'

/** How large a slice is taken in advance, and how long it is kept. */
export type LocalShareOptions = {
  /** The share of what is left of an account that one slice takes. Above 0, at most 0.25. @default 0.02 */
  readonly share?: number | undefined
  /** Milliseconds after which an unused slice is returned and a used one replaced. @default 1000 */
  readonly keepMs?: number | undefined
  /**
   * The number of calls on an account within `keepMs` after which a slice is taken. With 1 the first call takes a slice, so
   * that the process has one if the ledger fails.
   *
   * @default 16
   */
  readonly busyCalls?: number | undefined
  /**
   * A folder for slices that could not be returned, so that they survive the process. It may be the budget's
   * `journalFolder`.
   *
   * @default no folder: they are kept in memory
   */
  readonly journalFolder?: string | undefined
}

export type LocalShareSettings = Filled<Omit<LocalShareOptions, 'journalFolder'>>

const WRAPPED_LEDGER = required(LEDGER)

export const LOCAL_SHARE_OPTIONS: ChecksOf<LocalShareOptions> = {
  share: where('a share above 0, up to 0.25', (share) => typeof share === 'number' && share > 0 && share <= 0.25),
  keepMs: whole(50, 60_000, 'milliseconds'),
  busyCalls: whole(1, 1_000_000, 'calls'),
  journalFolder: text,
}

/** @throws InvalidOptionError naming the option. */
export function readLocalShareOptions(ledger: Ledger, options: LocalShareOptions): LocalShareSettings {
  checkValue(ledger, WRAPPED_LEDGER, 'localShare(ledger)')
  checkOptions(options, LOCAL_SHARE_OPTIONS, 'localShare')
  const { share = 0.02, keepMs = 1000, busyCalls = 16 } = options
  return { share, keepMs, busyCalls }
}
