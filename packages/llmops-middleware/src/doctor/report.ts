import type { Layer } from './layers.ts'

export type Status = 'ok' | 'warning' | 'failed' | 'skipped'

/** What one question to a layer found. */
export type Finding = {
  readonly layer: Layer
  readonly status: Status
  /** One sentence: what was asked, and what is so. */
  readonly detail: string
  /** What to do, or where to look. */
  readonly next?: string
  /** How long it took, in milliseconds. */
  readonly ms?: number
  /** The same for machines, and more of it. */
  readonly data?: Readonly<Record<string, unknown>>
}

/**
 * - `healthy`: something was checked, and no check failed
 * - `unknown`: nothing could be checked
 * - `platform`: a layer under the app is broken
 * - `app`: every layer under the app works, and the app does not
 */
export type Verdict = 'healthy' | 'unknown' | 'platform' | 'app'

export type Report = {
  readonly verdict: Verdict
  /** The layers that failed, from the ground up. */
  readonly broken: readonly Layer[]
  readonly summary: string
  /** Where to look next. */
  readonly next: readonly string[]
  /** How long all of it took, in milliseconds. */
  readonly ms: number
  readonly findings: readonly Finding[]
}
