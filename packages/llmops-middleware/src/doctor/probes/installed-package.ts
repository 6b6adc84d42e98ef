import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findUp } from '../settings/find-up.ts'

export type Manifest = {
  readonly name?: string
  readonly version?: string
  readonly engines?: { readonly node?: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

export type InstalledPackage = { readonly folder: string; readonly manifest: Manifest }

/** The package that an import from the folder finds, by its real path: links lead to one place. */
export function findPackage(name: string, from: string): InstalledPackage | undefined {
  const path = findUp(from, join('node_modules', name, 'package.json'))
  if (!path) return undefined
  try {
    return { folder: realpathSync(dirname(path)), manifest: JSON.parse(readFileSync(path, 'utf8')) as Manifest }
  } catch {
    // Counts as missing: an interrupted install leaves such files.
    return undefined
  }
}
