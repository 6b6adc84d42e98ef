/** Writes docs/reference from the docstrings; a test compares the two. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { referencePages } from '../packages/llmops-middleware/test/support/reference/pages.ts'

const folder = new URL('../docs/reference/', import.meta.url)
await rm(folder, { recursive: true, force: true })
await mkdir(folder)
for (const [name, text] of referencePages()) await writeFile(new URL(name, folder), text)
