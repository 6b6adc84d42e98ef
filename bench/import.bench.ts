import { build, compareStarts } from './harness/starts.ts'
import type { BenchRow } from './row.ts'

export const title = 'Importing the package, as published, compared with importing openai'

export async function run(): Promise<BenchRow[]> {
  await build()
  return compareStarts(
    "import 'llmops-middleware'",
    { code: "await import('llmops-middleware')" },
    { code: "await import('openai')" },
  )
}
