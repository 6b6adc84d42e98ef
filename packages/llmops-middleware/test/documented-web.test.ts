import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REQUEST_TASK_OPTIONS } from '../src/http/request-task.ts'
import { GOVERNED_OPTIONS } from '../src/web/governed.ts'

const packageDir = join(import.meta.dirname, '..')
const page = await readFile(join(packageDir, '../../docs/web.md'), 'utf8')

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
})
