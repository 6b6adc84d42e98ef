import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { REQUEST_TASK_OPTIONS } from '../src/http/request-task.ts'
import { GOVERNED_OPTIONS } from '../src/web/governed.ts'

const packageDir = join(import.meta.dirname, '..')
const page = await readFile(join(packageDir, '../../docs/web.md'), 'utf8')
const examples = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!)

// Inside the package, so that its name resolves as it does for a user.
const folder = await mkdtemp(join(packageDir, 'test', 'web-'))
afterAll(() => rm(folder, { recursive: true }))

describe('docs/web.md', () => {
  it('has each option, and no other', () => {
    const [, table = ''] = page.split('\n## Options\n')
    const rows = table
      .split('\n## ')[0]!
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!))
    expect(named.toSorted()).toEqual(Object.keys(GOVERNED_OPTIONS).toSorted())
    expect(named).toEqual(expect.arrayContaining(Object.keys(REQUEST_TASK_OPTIONS)))
  })

  it('has no example that does not type-check', async () => {
    const made = `import OpenAI from 'openai'
import { createLlmOps } from 'llmops-middleware'
const ops = createLlmOps({ budget: { limitUsd: 50 } })
const openai = new OpenAI({ fetch: ops.fetch })
`
    for (const [index, code] of examples.entries()) await writeFile(join(folder, `${index}.ts`), made + code)
    const tsconfig = {
      extends: '../../../../tsconfig.json',
      compilerOptions: { noUnusedLocals: false },
      include: ['*.ts'],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
    await promisify(execFile)(join(packageDir, '../../node_modules/.bin/tsc'), ['-p', folder]).catch(({ stdout }) => {
      throw new Error(stdout)
    })
    expect(examples.length).toBe(3)
  })
})
