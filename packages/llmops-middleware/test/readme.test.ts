import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sourceArguments } from 'command-line/source-arguments'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const packageDir = join(import.meta.dirname, '..')
const readme = await readFile(join(packageDir, 'README.md'), 'utf8')
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!)

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
  it('begins with an example that runs as pasted, and costs what the provider bills', async () => {
    const file = join(folder, 'first.ts')
    await writeFile(file, examples[0]!)
    const env = { ...process.env, OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `${model.url}/v1` }
    const { stdout } = await run(process.execPath, [...sourceArguments(), file], { env })
    expect(stdout).toContain('limitUsd: 50')
    expect(stdout).toContain(`spentUsd: ${model.totalCostNanos() / 1e9}`)
    expect(model.totalCostNanos()).toBeGreaterThan(0)
  })

  it('has an example of a loop that ends with words, on what it kept in reserve', async () => {
    const [example] = examples.filter((code) => code.includes('task.wrapUp'))
    const billedBefore = model.totalCostNanos()
    const file = join(folder, 'wrap-up.ts')
    const made = examples[0]!.split('\nawait ops.task')[0]!
    await writeFile(file, `${example!.match(/^import .*$/m)![0]}\n${made}\n${example!.replace(/^import .*$/m, '')}`)
    const env = { ...process.env, OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `${model.url}/v1` }
    const { stdout } = await run(process.execPath, [...sourceArguments(), file], { env })
    expect(stdout.trim()).not.toBe('')
    const billedUsd = (model.totalCostNanos() - billedBefore) / 1e9
    expect(billedUsd).toBeGreaterThan(0.007)
    expect(billedUsd).toBeLessThanOrEqual(0.01)
  })

  it('has no example that does not type-check', async () => {
    // One file, as a reader would go through it: later examples use what earlier ones made.
    const imports = examples.flatMap((code) => code.match(/^import .*$/gm) ?? [])
    const bodies = examples.map((code, index) => {
      const body = code.replace(/^import .*$/gm, '')
      return index === 0 ? body : `{${body}}`
    })
    await writeFile(
      join(folder, 'all.ts'),
      [...new Set(imports), 'const rateCard = createRateCard()', ...bodies].join('\n'),
    )
    const tsconfig = { extends: '../../../../tsconfig.json', include: ['all.ts'] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
    await run(join(packageDir, '../../node_modules/.bin/tsc'), ['-p', folder]).catch(({ stdout }) => {
      throw new Error(stdout)
    })
  })
})
