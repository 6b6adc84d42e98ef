import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const PACKAGE = resolve(import.meta.dirname, '../..')

/** The sources of the files that users import, each by a path of its own. */
export function entryPoints(): readonly string[] {
  const { exports } = JSON.parse(readFileSync(resolve(PACKAGE, 'package.json'), 'utf8')) as {
    exports: Readonly<Record<string, string | { readonly 'llmops-source': string }>>
  }
  return Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [resolve(PACKAGE, entry['llmops-source'])],
  )
}
