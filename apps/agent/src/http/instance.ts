import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../settings/settings.ts'

export type Instance = {
  /** New with every process, so that one can see who answered. */
  readonly instance: string
  readonly slot: string
  readonly release: string
  readonly promptVersion: string
}

const RELEASE_FILE = join(import.meta.dirname, '../../RELEASE')

/**
 * Which process this is. The release comes from a file in the package before the setting: a setting can travel with a
 * swap or stay behind, the package cannot be wrong about itself.
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
