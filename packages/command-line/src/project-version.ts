import { readFileSync } from 'node:fs'

const MANIFEST = new URL('../../llmops-middleware/package.json', import.meta.url)

/** The version that each `--version` of the repository prints. */
export function projectVersion(): string {
  return (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version
}
