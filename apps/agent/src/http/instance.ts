import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../settings/settings.ts'

export type Instance = {
  /** Unique for each process, so that a response shows which one sent it. */
  readonly instance: string
  readonly slot: string
  readonly release: string
  readonly promptVersion: string
}

const RELEASE_FILE = join(import.meta.dirname, '../../RELEASE')

/**
 * Describes this process. A release named in the package wins over the setting: a setting may or may not move with a
 * swap, but the package always moves with its own file.
 */
export function describeInstance({ slot, release, promptVersion }: Settings): Instance {
  const packaged = existsSync(RELEASE_FILE) ? readFileSync(RELEASE_FILE, 'utf8').trim() : undefined
  return {
    instance: randomBytes(4).toString('hex'),
    slot,
    release: packaged || release || 'development',
    promptVersion,
  }
}
