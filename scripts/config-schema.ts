/** Writes the published JSON Schema of `llmops.config.json` from the table of settings; a test compares the two. */
import { writeFile } from 'node:fs/promises'
import { configSchema } from '../packages/llmops-middleware/test/support/config-schema.ts'

const file = new URL('../packages/llmops-middleware/llmops.config.schema.json', import.meta.url)
await writeFile(file, `${JSON.stringify(configSchema(), undefined, 2)}\n`)
