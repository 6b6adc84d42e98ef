import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readArguments } from '../../../../apps/agent/src/settings/arguments.ts'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { runLlmops } from '../../src/cli/run-llmops.ts'
import { ROOT } from './blocks.ts'
import { helpsByCommander } from './commands.ts'
import { checkHints, hintsIn } from './hints.ts'

async function llmops(...args: readonly string[]): Promise<string> {
  let said = ''
  const output = { write: (text: string) => (said += text) }
  const { signal } = new AbortController()
  await runLlmops(args, { call: 'npx llmops', env: { PORT: '1' }, cwd: '/', stdout: output, stderr: output, signal })
  return said
}

async function script(file: string, ...args: readonly string[]): Promise<string> {
  const all = ['--conditions=llmops-source', join(ROOT, file), ...args]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, all).catch((error) => error)
  return stdout + stderr
}

describe('each hint can be typed as it is printed', () => {
  it.each([
    '--help',
    '',
    'dance',
    ...COMMANDS.flatMap(({ name }) => [`${name} --help`, `${name} --dance`, `${name} a b`]),
  ])('by llmops %s', async (line) => {
    const output = await llmops(...line.split(' ').filter(Boolean))
    expect(output).not.toBe('')
    const hints = await checkHints(output)
    // Every refusal names a help.
    if (!/--help|^$/.test(line)) expect(hints.at(-1)).toMatch(/^npx llmops .*--help$/)
  })

  it.each(['task', 'tasks', 'tasks --url x', 'doctor --only x'])('by llmops %s', async (line) => {
    await checkHints(await llmops(...line.split(' ')))
  })

  it('in the --help of every command of chaos and of the promotion', async () => {
    const helps = helpsByCommander()
    for (const help of helps) await checkHints(help)
    expect(helps).toHaveLength(7)
    expect(helps.flatMap(hintsIn)).not.toEqual([])
    // What errors look like is said where an option asks for JSON.
    const words = await Promise.all(COMMANDS.map(({ name }) => llmops(name, '--help')))
    const withJson = [...helps, ...words].filter((help) => / --json /.test(help))
    expect(withJson.filter((help) => !help.includes('With --json, standard output has the result alone'))).toEqual([])
    expect(withJson).toHaveLength(8)
  })

  it('in the --help of the agent, of infra and of bench, and where those refuse; both have a version', async () => {
    const help = readArguments(['--help'])
    await checkHints(JSON.stringify(help).replaceAll('\\n', '\n'))
    for (const file of ['scripts/infra.ts', 'bench/main.ts']) await checkHints(await script(file, '--help'))
    for (const file of ['scripts/infra.ts', 'bench/main.ts']) {
      expect(await script(file, '--version')).toMatch(/^\d+\.\d+\.\d+\n$/)
      expect(await script(file, '--help')).toContain('--version')
    }
    expect(await checkHints(await script('bench/main.ts', '--dance'))).toEqual(['npx --yes pnpm@12 bench --help'])
    expect(await checkHints(await script('scripts/infra.ts', '--dance'))).toEqual(['npx --yes pnpm@12 infra --help'])
  })
})

describe('hints in an output', () => {
  it('are between backticks, or alone after a colon', () => {
    const output = 'See `llmops doctor --help`, or `the page`.\nTo go back: npx --yes pnpm@12 rollback\nIt is: over'
    expect(hintsIn(output)).toEqual(['llmops doctor --help', 'npx --yes pnpm@12 rollback'])
    expect(hintsIn('Usage: npx llmops COMMAND [options]')).toEqual([])
  })

  it('are refused in the middle of a sentence, where their end is unclear', () => {
    expect(() => hintsIn('It is not formatted; run pnpm infra.')).toThrow('run pnpm infra')
    expect(() => hintsIn('It failed (x): npx pnpm@12 install. Again.')).not.toThrow()
    expect(() => hintsIn('Run npx llmops doctor now.')).toThrow('doctor now')
  })

  it.each([
    ['See `llmops doctro --help`.', /'doctro'/],
    ['To go back: npx --yes pnpm@12 rollback --slots staging', /--slots/],
    ['To go back: npx --yes pnpm@11 rollback', /pnpm@11/],
  ])('are refused where a parser refuses them: %s', async (output, sentence) => {
    await expect(checkHints(output)).rejects.toThrow(sentence)
  })
})
