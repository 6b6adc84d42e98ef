import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sourceArguments } from 'command-line/source-arguments'
import { afterAll, describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { type Block, blocksOf, isMade, PAGES, placeOf, ROOT, textOf } from './blocks.ts'
import { checkCommand, isForeign } from './commands.ts'
import { Modules } from './modules.ts'
import { readShell } from './shell.ts'

const run = promisify(execFile)

/** Why a block is not run, and how many are not for this reason. One more is a decision, and a change of this table. */
const NOT_RUN: Readonly<Record<string, number>> = {
  'it needs an Azure subscription': 6,
  'it needs a server of somebody else': 1,
  'it starts a whole platform, as the drill does': 2,
}

const WRITTEN = PAGES.filter((page) => !isMade(page))
const blocks = WRITTEN.flatMap(blocksOf)
const isTest = ({ text }: Block) => text.includes("from 'vitest'") || /^it\(/m.test(text)
const inLanguages = (...languages: readonly string[]) => blocks.filter(({ language }) => languages.includes(language))

const modules = new Modules()
for (const page of WRITTEN) await modules.write(inLanguages('ts', 'js').filter((block) => block.page === page))
afterAll(() => modules.remove())

// Those that are tests register themselves here, and run with the tests below.
const tests = modules.written.filter(({ block }) => isTest(block))
for (const { file } of tests) await import(file)

const data = {
  json: (text: string) => JSON.parse(text),
  /** Comments, and several values one after the other, as the two directions of a conversation are shown. */
  jsonc: (text: string) => JSON.parse(`[${text.replaceAll(/(^|\s)\/\/.*$/gm, '').replaceAll(/\}\s*\{/g, '},{')}]`),
  yaml: (text: string) => expect(parseDocument(text).errors).toEqual([]),
} as const

describe('each block of each page', () => {
  it('is in a language that is run or read here', () => {
    const read = ['ts', 'js', 'sh', 'bash', 'powershell', 'text', 'kusto', ...Object.keys(data)]
    const others = blocks.filter(({ language, notRun }) => !read.includes(language) && notRun === undefined)
    // `text` is for what is printed or drawn; Kusto is read by the tests of `observability`.
    expect(others.map((block) => `${placeOf(block)} ${block.language || 'has no language'}`)).toEqual([])
  })

  it('is marked with one of a few reasons where it is not run', () => {
    const reasons = blocks.flatMap(({ notRun }) => notRun ?? [])
    const counts = Object.fromEntries(
      Object.entries(Object.groupBy(reasons, (reason) => reason)).map(([reason, all]) => [reason, all!.length]),
    )
    expect(counts).toEqual(NOT_RUN)
    // A mark that no block follows, or is misspelt, marks nothing.
    expect(PAGES.flatMap((page) => textOf(page).match(/not run: it /g) ?? [])).toHaveLength(reasons.length)
  })

  it('type-checks, with the settings of this repository', async () => {
    const folder = await mkdtemp(join(import.meta.dirname, 'config-'))
    const files = modules.written.map(({ file }) => file).filter((file) => file.endsWith('.ts'))
    const config = { extends: '../../../../../tsconfig.json', include: [], files }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder])
      .catch(({ stdout }) => {
        throw new Error(inPages(stdout))
      })
      .finally(() => rm(folder, { recursive: true }))
    expect(files.length).toBeGreaterThan(40)
  })

  it('runs to its end, after those before it on its page, without a key or a network', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'pages-'))
    const ran = modules.written.filter(({ block }) => block.notRun === undefined && !isTest(block))
    const program = join(import.meta.dirname, 'run-modules.ts')
    const args = [...sourceArguments(), program, ...ran.map(({ file }) => file)]
    const { stdout } = await run(process.execPath, args, { cwd }).finally(() => rm(cwd, { recursive: true }))
    expect(JSON.parse(inPages(stdout.slice(stdout.lastIndexOf('\n'))))).toEqual({})
    expect(ran.length).toBeGreaterThan(30)
  })

  it('has commands that are taken as they are typed', async () => {
    const refused: string[] = []
    let taken = 0
    for (const block of inLanguages('sh', 'bash', 'powershell')) {
      for (const command of readShell(block.text.replaceAll(/^\$env:\w+ = \S+;/gm, ''))) {
        if (block.notRun !== undefined && isForeign(command)) continue
        taken++
        const place = `${placeOf(block)} ${command.words.join(' ')}`
        await checkCommand(command).catch((error: Error) => refused.push(`${place}: ${error.message}`))
      }
    }
    expect(refused).toEqual([])
    expect(taken).toBeGreaterThan(30)
  })

  it.each(Object.keys(data) as (keyof typeof data)[])('of %s can be read by who reads it', async (language) => {
    for (const { text } of inLanguages(language)) await data[language](text)
    expect(inLanguages(language).length).toBeGreaterThan(0)
  })
})

it('docs/testing.md is a page of tests, each of which runs here', () => {
  const page = tests.filter(({ block }) => block.page === 'docs/testing.md')
  expect(page).toHaveLength(textOf('docs/testing.md').match(/^it\('/gm)!.length + 1)
  expect(page.length).toBeGreaterThan(9)
})

/** An error names the page and the line of its block, in the place of the file that it was written to. */
function inPages(text: string): string {
  return modules.written.reduce((said, { file, block }) => {
    const name = file.slice(ROOT.length + 1)
    return said.replaceAll(`${ROOT}/${name}`, placeOf(block)).replaceAll(name, placeOf(block))
  }, text)
}
