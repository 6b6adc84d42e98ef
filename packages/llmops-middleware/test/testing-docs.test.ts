import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { oneFileOf } from './support/examples.ts'

const page = await readFile(join(import.meta.dirname, '../../../docs/testing.md'), 'utf8')

// Inside the package, so that its name resolves as it does for a user. Its examples are tests, which importing registers.
const folder = await mkdtemp(join(import.meta.dirname, 'testing-docs-'))
try {
  const file = join(folder, 'examples.ts')
  await writeFile(file, oneFileOf(page))
  await import(file)
} finally {
  await rm(folder, { recursive: true })
}

it('is a page of tests, each of which ran above', () => {
  expect(page.match(/^it\('/gm)!.length).toBeGreaterThan(8)
  expect(page.match(/^```ts$/gm)).toHaveLength(page.match(/^it\('/gm)!.length + 1)
})
