import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The path in the folder or in the nearest one above it. */
export function findUp(folder: string, path: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const found = join(at, path)
    if (existsSync(found)) return found
    if (dirname(at) === at) return undefined
  }
}
