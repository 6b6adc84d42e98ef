import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { InvalidObjectivesError, readObjectives, SLO_FILE } from './index.ts'

const text = readFileSync(SLO_FILE, 'utf8')
const OBJECTIVES = {
  taskSuccess: 0.99,
  toolSuccess: 0.97,
  costPerTaskUsd: 0.04,
  latencyMs: 20_000,
  undoBelowSuccess: 0.7,
  smallestSample: 12,
}

describe('the objectives', () => {
  it('are read from lines of a name, a colon and a number', () => {
    expect(readObjectives(fileOf(linesOf(OBJECTIVES).join('\n')))).toEqual(OBJECTIVES)
  })

  it('may have comments, blank lines, Windows line ends and a byte order mark', () => {
    const [first, ...rest] = linesOf(OBJECTIVES)
    const file = `\uFEFF# ours\r\n\r\n  # more\r\n${first}   # of 30 days\r\n${rest.join('\r\n')}\r\n`
    expect(readObjectives(fileOf(file))).toEqual(OBJECTIVES)
  })

  it.each([
    ['a percentage', 'taskSuccess: 99', 'taskSuccess in PATH is 99; accepted is a share from 0.94 on and below 1'],
    ['a decimal comma', 'taskSuccess: 0,99', 'taskSuccess in PATH is 0,99; accepted is a share .* with a point'],
    ['a cost with a comma', 'costPerTaskUsd: 0,05', 'costPerTaskUsd in PATH is 0,05; accepted is an amount .* a point'],
    ['a text', 'taskSuccess: "0.99"', 'taskSuccess in PATH is "0.99"; accepted is a share'],
    ['a percent sign', 'taskSuccess: 99%', 'taskSuccess in PATH is 99%; accepted is a share'],
    ['a share at which no alert could fire', 'taskSuccess: 0.9', 'taskSuccess in PATH is 0.9; accepted is a share'],
    ['a share that allows nothing', 'toolSuccess: 1', 'toolSuccess in PATH is 1; accepted is a share'],
    ['what is octal in old YAML', 'smallestSample: 010', 'smallestSample in PATH is 010; accepted is a whole number'],
    ['digits in groups', 'latencyMs: 30_000', 'latencyMs in PATH is 30_000; accepted is a whole number'],
    ['a unit', 'latencyMs: 30s', 'latencyMs in PATH is 30s; accepted is a whole number of milliseconds'],
    [
      'a sample that is not a whole number',
      'smallestSample: 2.5',
      'smallestSample in PATH is 2.5; accepted is a whole',
    ],
    ['a minus', 'costPerTaskUsd: -1', 'costPerTaskUsd in PATH is -1; accepted is an amount of US dollars above 0'],
    ['nothing', 'latencyMs:', 'latencyMs in PATH is nothing; accepted is a whole number'],
    [
      'a limit for undoing a release above the objective',
      'undoBelowSuccess: 0.98',
      'undoBelowSuccess in PATH is 0.98; accepted is .* 0.97',
    ],
  ])('are refused with %s, in one sentence with the path', (_, line, sentence) => {
    const name = line.split(':')[0]!
    const lines = linesOf(OBJECTIVES).map((each) => (each.startsWith(`${name}:`) ? line : each))
    expectRefused(lines.join('\n'), sentence)
  })

  it.each([
    ['a key that nobody knows', 'tasksuccess: 0.99', 'tasksuccess in PATH is not known; accepted is taskSuccess, '],
    ['a key twice', 'taskSuccess: 0.98', 'taskSuccess in PATH is there twice; accepted is one line of each'],
    ['no blank after the colon', 'a:0.99', "Line 7 of PATH is 'a:0.99'; accepted is a name, a colon and a number"],
    ['an indented line', ' a: 1', "Line 7 of PATH is ' a: 1'; accepted is a name"],
    ['a list', '- taskSuccess', "Line 7 of PATH is '- taskSuccess'; accepted is a name"],
  ])('are refused with %s, in one sentence with the path', (_, line, sentence) => {
    expectRefused([...linesOf(OBJECTIVES), line].join('\n'), sentence)
  })

  it.each(Object.keys(OBJECTIVES))('are refused without %s, in one sentence with the path', (name) => {
    const lines = linesOf(OBJECTIVES).filter((line) => !line.startsWith(`${name}:`))
    expectRefused(lines.join('\n'), `${name} in PATH is missing; accepted is`)
  })

  it('are refused without the file, in one sentence with the path', () => {
    expectRefused(undefined, 'PATH is missing; accepted is a file with taskSuccess, .*, smallestSample')
  })

  it('report all problems at once', () => {
    const path = fileOf('taskSuccess: 99\ncost: 1\n')
    const { problems } = refusalOf(path)
    expect(problems).toHaveLength(2 + Object.keys(OBJECTIVES).length - 1)
  })

  it('of this agent are valid, and each has a comment', () => {
    const objectives = readObjectives()
    for (const name of Object.keys(objectives)) expect(text).toMatch(new RegExp(`^# .*\n${name}: `, 'm'))
  })
})

function linesOf(objectives: object): string[] {
  return Object.entries(objectives).map(([name, value]) => `${name}: ${value}`)
}

function fileOf(content: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'slo-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'slo.yaml')
  if (content !== undefined) writeFileSync(path, content)
  return path
}

function expectRefused(content: string | undefined, sentence: string): void {
  const path = fileOf(content)
  expect(refusalOf(path).message.replaceAll(path, 'PATH')).toMatch(new RegExp(`^${sentence}[^\n]*\\.$`))
}

function refusalOf(path: string): InvalidObjectivesError {
  try {
    readObjectives(path)
  } catch (error) {
    if (error instanceof InvalidObjectivesError) return error
    throw error
  }
  throw new Error(`${path} was taken.`)
}
