import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SettingProblem } from '../settings/invalid-settings-error.ts'
import { InvalidObjectivesError } from './invalid-objectives-error.ts'
import { NAMES, type ObjectiveName, type Objectives, RULES } from './objectives.ts'

const REPOSITORY = join(import.meta.dirname, '../../../..')

/** In the repository the file is at the root; in the deployed package it is next to `src`. */
export const SLO_FILE = join(
  existsSync(join(REPOSITORY, 'pnpm-workspace.yaml')) ? REPOSITORY : join(import.meta.dirname, '../..'),
  'slo.yaml',
)

/**
 * Reads the objectives of the agent.
 *
 * @throws {InvalidObjectivesError} with a sentence for each problem.
 */
export function readObjectives(path = SLO_FILE): Objectives {
  const { objectives, problems } = examineObjectives(path)
  if (problems.length > 0) throw new InvalidObjectivesError(problems)
  return objectives
}

export type ExaminedObjectives = {
  /** `NaN` for each value that is missing or invalid. */
  readonly objectives: Objectives
  readonly problems: readonly SettingProblem[]
}

/** Reads the objectives, and returns the problems instead of throwing. */
export function examineObjectives(path = SLO_FILE): ExaminedObjectives {
  const text = readText(path)
  if (typeof text !== 'string') return { objectives: objectivesOf(new Map()), problems: [text] }
  const { values, problems } = parse(text, path)
  for (const name of NAMES.filter((name) => !values.has(name))) {
    problems.push({ variable: `${name} in ${path}`, value: 'missing', accepted: RULES[name].accepted })
  }
  const objectives = objectivesOf(values)
  const { taskSuccess, toolSuccess, undoBelowSuccess } = objectives
  if (undoBelowSuccess > Math.min(taskSuccess, toolSuccess)) {
    problems.push({
      variable: `undoBelowSuccess in ${path}`,
      value: String(undoBelowSuccess),
      accepted: `a share up to taskSuccess and toolSuccess, which are ${taskSuccess} and ${toolSuccess}`,
    })
  }
  return { objectives, problems }
}

function readText(path: string): string | SettingProblem {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const value = code === 'ENOENT' ? 'missing' : `not readable (${code})`
    return { variable: path, value, accepted: `a file with ${NAMES.join(', ')}` }
  }
}

/** A plain number reads the same in every version of YAML; `010`, `1_000` and `0x10` do not. */
const NUMBER = /^(0|[1-9]\d*)(\.\d+)?$/
const LINE = /^(?<name>[^\s:#]+):(?:\s+(?<value>[^#]*?))?\s*(?:(?<=\s)#.*)?$/

/**
 * Parses the subset of YAML that is needed, without a package, because `llmops doctor` uses it to check installations
 * where packages may be missing. Every file that is accepted means the same in YAML.
 */
function parse(text: string, path: string) {
  const values = new Map<string, number>()
  const problems: SettingProblem[] = []
  const refuse = (variable: string, value: string, accepted: string) =>
    problems.push({ variable: `${variable} ${path}`, value, accepted })

  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue
    const { name, value = '' } = LINE.exec(line)?.groups ?? {}
    if (name === undefined) {
      refuse(
        `Line ${index + 1} of`,
        `'${line.slice(0, 80)}'`,
        'a name, a colon and a number, such as taskSuccess: 0.999',
      )
    } else if (!isName(name)) {
      refuse(`${name} in`, 'not known', NAMES.join(', '))
    } else if (values.has(name)) {
      refuse(`${name} in`, 'there twice', 'one line of each')
    } else {
      const number = NUMBER.test(value) ? Number(value) : Number.NaN
      const { accepted, isMet } = RULES[name]
      if (!isMet(number)) refuse(`${name} in`, value.slice(0, 80) || 'nothing', accepted)
      values.set(name, isMet(number) ? number : Number.NaN)
    }
  }
  return { values, problems }
}

function isName(name: string): name is ObjectiveName {
  return (NAMES as readonly string[]).includes(name)
}

function objectivesOf(values: ReadonlyMap<string, number>): Objectives {
  return Object.fromEntries(NAMES.map((name) => [name, values.get(name) ?? Number.NaN])) as Objectives
}
