// `slo.yaml` is the only definition of the objectives. The deployment follows it, and no other file has its numbers.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { type Objectives, readObjectives, SLO_FILE } from '../apps/agent/src/objectives/index.ts'
import { findBicep } from './compiler/bicep.ts'
import { writeSnapshot } from './compiler/infrastructure.ts'
import { parameterFindings } from './hooks/preflight/index.ts'

const root = join(import.meta.dirname, '..')
const objectives = readObjectives()
const text = readFileSync(SLO_FILE, 'utf8')
const bicep = findBicep()

/** As nobody would choose them, so that each is seen wherever it goes. */
const OTHERS: Objectives = {
  taskSuccess: 0.9713,
  toolSuccess: 0.9617,
  costPerTaskUsd: 0.0371,
  latencyMs: 27_113,
  undoBelowSuccess: 0.8231,
  smallestSample: 171,
}

it.each(['1.1', '1.2'] as const)('slo.yaml means the same in YAML %s', (version) => {
  expect(parse(text, { version })).toEqual(objectives)
  expect(parse(written(OTHERS), { version })).toEqual(OTHERS)
})

describe('preflight', () => {
  const today = new Date('2026-11-26T12:00:00Z')
  const found = (content: string) =>
    parameterFindings({}, today, sloFile(content)).map(({ stops, text }) => ({ stops, text }))

  it('accepts slo.yaml as committed', () => {
    expect(found(text)).toEqual(parameterFindings({}, today))
  })

  it.each([
    ['taskSuccess: 99', / is 99; accepted is a share .*, such as 0\.99$/],
    ['costPerTaskUsd: 0,05', / is 0,05; accepted is an amount .* with a point/],
    ['smallestsample: 10', /^smallestsample in \S+slo\.yaml is not known; accepted is taskSuccess, /],
  ])('stops at %s, in one sentence with the path', (line, sentence) => {
    const name = new RegExp(`^${line.split(':')[0]}: .*\n`, 'im')
    const found = parameterFindings({}, today, sloFile(text.replace(name, `${line}\n`)))
    expect(found[0]).toEqual({ stops: true, text: expect.stringMatching(sentence) })
    expect(found[0]!.text).toContain('/slo.yaml is')
  })

  it('stops without slo.yaml', () => {
    expect(parameterFindings({}, today, '/nowhere/slo.yaml')[0]).toMatchObject({
      stops: true,
      text: expect.stringMatching(/^\/nowhere\/slo\.yaml is missing; accepted is/),
    })
  })
})

describe.runIf(bicep.kind === 'found')('what is deployed', () => {
  const path = bicep.kind === 'found' ? bicep.path : ''

  it('follows slo.yaml in each place, and in nothing else', () => {
    const folder = copyOf(written(OTHERS))
    expect(writeSnapshot(path, folder)).toBeUndefined()
    const committed = snapshotIn(join(root, 'infra'))
    const made = snapshotIn(folder)
    const followed = new Map<string, number>()
    expect(withNumbersOf(made, OTHERS, objectives, followed)).toEqual(committed)
    // Those that Azure is told: what is promised over days is no rule there.
    expect(Object.fromEntries(followed)).toEqual({
      // Four rules for the healer and two for people, with the sentence; the healer.
      undoBelowSuccess: 13,
      costPerTaskUsd: 7,
      smallestSample: 10,
      // Both slots.
      latencyMs: 2,
    })
  })

  it('is nothing with a decimal comma, which Azure would take for a limit of 0, though preflight was skipped', () => {
    const folder = copyOf(text.replace(/^costPerTaskUsd: .*$/m, 'costPerTaskUsd: 0,05'))
    expect(writeSnapshot(path, folder)).toContain('costPerTaskUsd in slo.yaml is 0,05; write it with a point')
  })
})

/** Where an objective has no business to be written down again. */
const READERS = ['infra', 'apps/agent', 'packages/promotion', 'chaos', 'observability', 'docs', 'README.md']
const LEFT_OUT = [
  'node_modules',
  'dist',
  'fixtures',
  'main.snapshot.json',
  'agent.rules.yml',
  'objectives.test.ts',
  'data',
]

describe('a second place with a number of slo.yaml', () => {
  it('does not exist', () => {
    const files = READERS.flatMap((name) => filesIn(join(root, name)))
    expect(files.length).toBeGreaterThan(100)
    const found = files.flatMap((file) =>
      secondPlaces(readFileSync(file, 'utf8')).map((line) => `${file.slice(root.length + 1)}: ${line}`),
    )
    expect(found.filter((line) => !MEANS_SOMETHING_ELSE.some((known) => line.includes(known)))).toEqual([])
  })

  it.each([
    `const OBJECTIVES = { success: ${objectives.undoBelowSuccess}, costPerTaskUsd: ${objectives.costPerTaskUsd} }`,
    `threshold: json('${objectives.undoBelowSuccess}')`,
    `const HEALTHY_RATIO = ${objectives.taskSuccess}`,
    `At least ${objectives.taskSuccess * 100} % of the tasks succeed.`,
    `LATENCY_OBJECTIVE_MS | \`${objectives.latencyMs}\``,
    `latencyObjectiveMs: ${String(objectives.latencyMs).replace(/(?=...$)/, '_')},`,
    `var smallestSample = ${objectives.smallestSample}`,
    `a mean below x, of at least ${objectives.smallestSample} tasks`,
  ])('would be found: %s', (line) => {
    expect(secondPlaces(`before\n${line}\nafter`)).toEqual([line])
  })
})

const ABOUT: Readonly<Record<keyof Objectives, RegExp>> = {
  taskSuccess: /success|succeed|objective|healthy|threshold/i,
  toolSuccess: /success|answered|objective|threshold/i,
  costPerTaskUsd: /cost|objective|threshold/i,
  latencyMs: /latency|objective|kept waiting/i,
  undoBelowSuccess: /success|succeed|answered|objective|outcome|threshold/i,
  smallestSample: /sample|at least.*\b(tasks|calls)/i,
}

/** Lines that tell of an objective and have its number, as it is or in percent. */
function secondPlaces(content: string): string[] {
  const names = Object.keys(ABOUT) as (keyof Objectives)[]
  return content.split('\n').filter((line) => {
    const numbers = (line.match(/(?<![\w.])\d[\d_]*(\.\d+)?(?![\w.]*\d)/g) ?? []).map((each) =>
      Number(each.replaceAll('_', '')),
    )
    return names.some((name) => ABOUT[name].test(line) && numbers.some((number) => isOf(name, number, line)))
  })
}

function isOf(name: keyof Objectives, number: number, line: string): boolean {
  const isShare = objectives[name] < 1 && name !== 'costPerTaskUsd'
  const isPercent = isShare && new RegExp(`${number} ?%`).test(line)
  return number === objectives[name] || (isPercent && Math.abs(number / 100 - objectives[name]) < 1e-9)
}

/** Lines whose number is not one of `slo.yaml`. */
const MEANS_SOMETHING_ELSE = [
  // The output of a drill and of preflight.
  '✓ ',
  'preflight: ✗',
  // The objectives of an example agent.
  'docs/dashboard.md:   objectives: {',
  // An example of an option of the command line.
  'success<0.95',
  // The default of the package.
  'docs/reference/main.md: | `latencyObjectiveMs`',
]

function filesIn(path: string): string[] {
  if (LEFT_OUT.includes(basename(path)) || /\.test\.ts$/.test(path)) return []
  const isFile = extname(path) !== ''
  if (isFile) return /\.(ts|js|kql|bicep|bicepparam|json|md|yml|yaml)$/.test(path) ? [path] : []
  return readdirSync(path).flatMap((name) => filesIn(join(path, name)))
}

function written(values: Objectives): string {
  return text.replace(/^(\w+): .*$/gm, (_, name: keyof Objectives) => `${name}: ${values[name]}`)
}

function sloFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'slo-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'slo.yaml'), content)
  return join(folder, 'slo.yaml')
}

/** The infrastructure as it is, beside another `slo.yaml`; gives its folder. */
function copyOf(content: string): string {
  const copy = join(sloFile(content), '../infra')
  cpSync(join(root, 'infra'), copy, { recursive: true })
  cpSync(join(root, 'observability/workbook.json'), join(copy, '../observability/workbook.json'))
  return copy
}

function snapshotIn(folder: string): unknown {
  return JSON.parse(readFileSync(join(folder, 'main.snapshot.json'), 'utf8'))
}

/** The same, with each number of `from` exchanged for the one of `to`; notes how many there were. */
function withNumbersOf(value: unknown, from: Objectives, to: Objectives, noted: Map<string, number>): unknown {
  const note = (name: string) => noted.set(name, (noted.get(name) ?? 0) + 1)
  const names = Object.keys(from) as (keyof Objectives)[]
  const walk = (each: unknown): unknown => {
    if (Array.isArray(each)) return each.map(walk)
    if (typeof each === 'object' && each !== null) {
      return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, walk(inner)]))
    }
    const name = names.find((name) => String(each).includes(String(from[name])))
    if (name === undefined) return each
    note(name)
    return typeof each === 'number' ? to[name] : String(each).replace(String(from[name]), String(to[name]))
  }
  return walk(value)
}
