/**
 * The tags of the site that arm the healer; its workflow reads the same names. A rollback, or any other swap, changes
 * the time of the last swap and thereby disarms it.
 */
export const ARMING_TAGS = { swap: 'healer-armed-by', release: 'healer-last-known-good' } as const

export type ArmedTags = {
  /** `slotSwapStatus.timestampUtc` of the promotion, exactly as ARM wrote it. */
  readonly swap: string
  /** The release that the promotion replaced. */
  readonly release: string
}
