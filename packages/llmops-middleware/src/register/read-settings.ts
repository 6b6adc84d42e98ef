import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkValue } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { type RegisterSettings, SETTINGS, variableOf } from './settings.ts'

type Variables = Readonly<Record<string, string | undefined>>

export type ReadSettings = {
  readonly settings: RegisterSettings
  /** One sentence for each error. With any of them, the settings must not be used. */
  readonly problems: readonly string[]
  /** Variables with our prefix that are not settings. */
  readonly unread: readonly string[]
}

type Name = keyof RegisterSettings
const NAMES = Object.keys(SETTINGS) as Name[]

const CONFIG_FILE = 'llmops.config.json'
const CONFIG_VARIABLE = 'LLMOPS_CONFIG'

/** Settings that have no effect without a limit. */
const OF_A_LIMIT: readonly Name[] = ['period', 'timeZone', 'downshiftTo', 'downshiftAt', 'ledger', 'ledgerFailure']

/** Reads the file `llmops.config.json`, then the variables `LLMOPS_…`, which take precedence. Reports all errors at once. */
export function readSettings(variables: Variables, cwd: string): ReadSettings {
  const problems: string[] = []
  const given: Record<string, unknown> = {}
  /** The name under which the user wrote each setting. */
  const written = new Map<Name, string>()
  const take = (name: Name, value: unknown, path: string) => {
    try {
      checkValue(value, { ...SETTINGS[name].check, isRequired: true }, path)
    } catch (error) {
      if (!InvalidOptionError.isInstance(error)) throw error
      problems.push(withoutSecrets(name, error))
    }
    given[name] = value
    written.set(name, path)
  }

  const file = readConfigFile(variables[CONFIG_VARIABLE] || undefined, cwd, problems)
  for (const [name, value] of Object.entries(file.members)) {
    if (name === '$schema') continue
    if (isName(name)) take(name, value, `${file.name}: ${name}`)
    else problems.push(unknownMember(file.name, name))
  }
  for (const name of NAMES) {
    const text = variables[variableOf(name)]
    // Deployments often write an unset variable as an empty one.
    if (text !== undefined && text !== '') take(name, SETTINGS[name].fromText(text), variableOf(name))
  }
  const unread = unknownVariables(variables, problems)
  problems.push(...conflicts(given, written))
  return { settings: given as RegisterSettings, problems, unread }
}

const isName = (name: string): name is Name => Object.hasOwn(SETTINGS, name)

type ConfigFile = { readonly name: string; readonly members: object }

function readConfigFile(named: string | undefined, cwd: string, problems: string[]): ConfigFile {
  const name = named ?? CONFIG_FILE
  const nothing = { name, members: {} }
  let text: string
  try {
    text = readFileSync(resolve(cwd, name), 'utf8')
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (named === undefined && isAbsent) return nothing
    problems.push(
      `${named === undefined ? '' : `\`${CONFIG_VARIABLE}\` names `}${name}, which cannot be read: ${(error as Error).message}.`,
    )
    return nothing
  }
  try {
    const members: unknown = JSON.parse(text)
    if (typeof members === 'object' && members !== null && !Array.isArray(members)) return { name, members }
    problems.push(`${name} must hold an object of settings.`)
  } catch (error) {
    problems.push(`${name} is not JSON: ${(error as Error).message}.`)
  }
  return nothing
}

function unknownMember(file: string, name: string): string {
  const meant = nearest(name, NAMES)
  return `\`${file}: ${name}\` is not a setting.${meant === undefined ? ` There are: ${NAMES.join(', ')}.` : ` Did you mean \`${meant}\`?`}`
}

/** A name close to a setting is a mistake that would leave money ungoverned; any other name may belong to another program. */
function unknownVariables(variables: Variables, problems: string[]): readonly string[] {
  const known = [CONFIG_VARIABLE, ...NAMES.map(variableOf)]
  const unread: string[] = []
  for (const variable of Object.keys(variables)) {
    if (!variable.startsWith('LLMOPS_') || known.includes(variable)) continue
    const meant = nearest(variable.slice('LLMOPS_'.length), known.map(withoutPrefix))
    if (meant === undefined) unread.push(variable)
    else problems.push(`\`${variable}\` is not a setting. Did you mean \`LLMOPS_${meant}\`?`)
  }
  return unread
}

const withoutPrefix = (variable: string) => variable.slice('LLMOPS_'.length)

function* conflicts(given: RegisterSettings, written: ReadonlyMap<Name, string>): Generator<string> {
  if (given.limitUsd === undefined) {
    for (const name of OF_A_LIMIT) {
      const path = written.get(name)
      if (path !== undefined) yield `\`${path}\` does nothing without \`limitUsd\` (${variableOf('limitUsd')}).`
    }
  }
  if (given.downshiftAt !== undefined && given.downshiftTo === undefined) {
    yield `\`${written.get('downshiftAt')}\` does nothing without \`downshiftTo\` (${variableOf('downshiftTo')}).`
  }
  if (given.tenantHeader !== undefined && given.tenantUnverifiedClaim !== undefined) {
    yield `\`${written.get('tenantHeader')}\` and \`${written.get('tenantUnverifiedClaim')}\` both name the tenant; set one of them.`
  }
}

/** A ledger's URL has a password in it. */
function withoutSecrets(name: Name, error: InvalidOptionError): string {
  return name === 'ledger' ? `\`${error.option}\` must be ${error.accepted}.` : error.message
}
