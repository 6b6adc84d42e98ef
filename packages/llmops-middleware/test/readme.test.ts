import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sourceArguments } from 'command-line/source-arguments'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf } from './pages/blocks.ts'

const run = promisify(execFile)
const packageDir = join(import.meta.dirname, '..')
const examples = examplesOf('packages/llmops-middleware/README.md')
const [rootExample] = examplesOf('README.md')
/** What the README says to take out for a real provider. */
const SCRIPTED = /^ *fetch: testModel.*\n/m
/** The first example, for a real provider. */
const governed = examples[0]!.replace(SCRIPTED, '')

let folder: string
let model: ModelEndpoint
beforeAll(async () => {
  // Inside the package, so that its name resolves as it does for a user.
  folder = await mkdtemp(join(packageDir, 'test', 'readme-'))
  model = await startModelEndpoint()
})
afterAll(async () => {
  await model.close()
  await rm(folder, { recursive: true })
})

describe('the README', () => {
  it.each([
    ['of the package', examples[0]!],
    ['of the repository', rootExample!],
  ])('%s begins with an example that runs as pasted, without a key', async (_, example) => {
    const file = join(folder, 'hello.mjs')
    await writeFile(file, example)
    const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...env } = process.env
    const { stdout } = await run(process.execPath, [...sourceArguments(), file], { env })
    expect(stdout).toContain('limitUsd: 50')
    expect(stdout).toMatch(/spentUsd: 0\.0+\d/)
  })

  it('asks the provider without the one line that it says, and costs what the provider bills', async () => {
    expect(governed.split('\n')).toHaveLength(examples[0]!.split('\n').length - 1)
    const file = join(folder, 'governed.mjs')
    await writeFile(file, governed)
    const env = { ...process.env, OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `${model.url}/v1` }
    const { stdout } = await run(process.execPath, [...sourceArguments(), file], { env })
    expect(stdout).toContain(`spentUsd: ${model.totalCostNanos() / 1e9}`)
    expect(model.totalCostNanos()).toBeGreaterThan(0)
  })

  it('prepares what docs/budget.md shows: a loop that ends with an answer, paid by its reserve', async () => {
    const [example] = examplesOf('docs/budget.md').filter((code) => code.includes('task.wrapUp'))
    const billedBefore = model.totalCostNanos()
    const file = join(folder, 'wrap-up.ts')
    const made = governed.split('\nawait ops.task')[0]!
    await writeFile(file, `${example!.match(/^import .*$/m)![0]}\n${made}\n${example!.replace(/^import .*$/m, '')}`)
    const env = { ...process.env, OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `${model.url}/v1` }
    const { stdout } = await run(process.execPath, [...sourceArguments(), file], { env })
    expect(stdout.trim()).not.toBe('')
    const billedUsd = (model.totalCostNanos() - billedBefore) / 1e9
    expect(billedUsd).toBeGreaterThan(0.007)
    expect(billedUsd).toBeLessThanOrEqual(0.01)
  })
})

function examplesOf(page: string): readonly string[] {
  return blocksOf(page).flatMap(({ language, text }) => (language === 'ts' ? `${text}\n` : []))
}
