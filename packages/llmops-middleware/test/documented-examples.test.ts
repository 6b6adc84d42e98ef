import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { commentOf } from './support/reference/comment.ts'
import { ENTRIES, type Entry, type Exported } from './support/reference/entries.ts'
import { membersOf } from './support/reference/members.ts'
import { checker } from './support/reference/program.ts'

const PACKAGE = join(import.meta.dirname, '..')
const MAIN = ENTRIES[0]!

/** Those of a name, and of its methods and fields. */
function examplesOf({ symbol }: Exported): readonly string[] {
  const members = membersOf(checker.getDeclaredTypeOfSymbol(symbol))
  return [commentOf(symbol), ...members.map(({ comment }) => comment)].flatMap(({ examples }) => examples)
}

function namesIn(code: string, { names }: Entry): readonly string[] {
  return names.map(({ name }) => name).filter((name) => new RegExp(`\\b${name}\\b`).test(code))
}

// Inside the package, so that its name resolves as it does for a user.
const folder = await mkdtemp(join(PACKAGE, 'test', 'examples-'))
afterAll(() => rm(folder, { recursive: true }))

it('has no example in its docstrings that uses the package in a way that does not type-check', async () => {
  let count = 0
  for (const entry of ENTRIES) {
    for (const code of new Set(entry.names.flatMap(examplesOf))) {
      const used = namesIn(code, entry)
      const others = namesIn(code, MAIN).filter((name) => !used.includes(name))
      const imports = `import { ${used.join(', ')} } from '${entry.specifier}'\nimport { ${others.join(', ')} } from '${MAIN.specifier}'\n`
      await writeFile(join(folder, `${count++}.ts`), `${imports}${code}\nexport {}\n`)
    }
  }
  // The twin: an option that there is none of.
  await writeFile(
    join(folder, 'misspelt.ts'),
    `import { createLlmOps } from 'llmops-middleware'\ncreateLlmOps({ budgett: {} })\n`,
  )
  const compilerOptions = { noUnusedLocals: false, verbatimModuleSyntax: false, isolatedModules: false }
  const tsconfig = { extends: '../../../../tsconfig.json', compilerOptions, include: ['*.ts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const said = await promisify(execFile)(join(PACKAGE, '../../node_modules/.bin/tsc'), ['-p', folder]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  )
  // What an example leaves to its reader, such as `messages`, is not found (2304, 2552, 2593, 18004), or has no
  // type (7006, 7031); an example may be the inside of a function (1108).
  const wrong = said
    .split('\n')
    .filter((line) => /error TS/.test(line) && !/TS(?:1108|2304|2552|2593|18004|7006|7031)\b/.test(line))
  expect(wrong).toEqual([expect.stringMatching(/misspelt\.ts.*No overload/)])
  expect(count).toBeGreaterThan(30)
})
