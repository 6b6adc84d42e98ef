import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidSettingsError } from '../../../apps/agent/src/settings/invalid-settings-error.ts'
import { readSettings } from '../../../apps/agent/src/settings/settings.ts'
import { ageWarning, DEFAULT_MODELS } from '../../models.ts'
import { type Finding, note, stop } from './finding.ts'
import { agentSettings, areSettings, ownSettings, type Variables, wantedModels } from './wanted.ts'

const PARAMETERS = join(import.meta.dirname, '../../main.bicepparam')

type Rule = { readonly accepted: string; readonly example: string; readonly isMet: (text: string) => boolean }

const AMOUNT: Rule = {
  accepted: 'an amount of US dollars above 0, with a point',
  example: '0.05',
  isMet: (text) => /^\d+(\.\d+)?$/.test(text) && Number(text) > 0,
}
const WHOLE: Rule = {
  accepted: 'a whole number from 1 on',
  example: '10',
  isMet: (text) => /^[1-9]\d{0,5}$/.test(text),
}
const INSTANCES: Rule = {
  accepted: 'a whole number from 1 to 30',
  example: '2',
  isMet: (text) => /^([1-9]|[12]\d|30)$/.test(text),
}
const GUID: Rule = {
  accepted: 'the id of a registration or a directory in Microsoft Entra ID, a GUID',
  example: '01234567-89ab-cdef-0123-456789abcdef',
  isMet: (text) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text),
}
const FLAG: Rule = { accepted: 'true or false', example: 'true', isMet: (text) => /^(true|false)$/.test(text) }

const RULES: Readonly<Record<string, Rule>> = {
  BUDGET_USD_PER_TENANT: AMOUNT,
  PRIMARY_MODEL_CAPACITY: WHOLE,
  DOWNSHIFT_MODEL_CAPACITY: WHOLE,
  INSTANCE_COUNT: INSTANCES,
  MAX_INSTANCE_COUNT: INSTANCES,
  MCP_AUTH_CLIENT_ID: GUID,
  MCP_AUTH_TENANT_ID: GUID,
  TELEMETRY_DAILY_CAP_GB: WHOLE,
  USE_REDIS: FLAG,
}

/** Finds values that Azure would refuse after minutes, or would read differently than intended. Sends no request. */
export function parameterFindings(variables: Variables, today: Date, sloFile?: string): Finding[] {
  return [
    ...emptyFindings(variables),
    ...ruleFindings(variables),
    ...settingFindings(variables, sloFile),
    ...modelFindings(variables, today),
    ...instanceFindings(variables),
  ]
}

function ruleFindings(variables: Variables): Finding[] {
  return Object.entries(RULES).flatMap(([name, { accepted, example, isMet }]) => {
    const text = variables[name]
    if (!text || isMet(text)) return []
    return stop(`${name} is '${text}'; accepted is ${accepted}: azd env set ${name} ${example}`)
  })
}

/** Finds variables that were set to nothing to restore a default: Azure would get the empty value. */
function emptyFindings(variables: Variables): Finding[] {
  const read = /readEnvironmentVariable\('(\w+)', (?:'([^']+)'|models\.(\w+)\.(\w+))\)/g
  return [...readFileSync(PARAMETERS, 'utf8').matchAll(read)].flatMap(([, name = '', text, role, field]) => {
    if (variables[name] !== '' || name.startsWith('AZURE_')) return []
    const byDefault = text ?? (DEFAULT_MODELS as Record<string, Record<string, unknown>>)[role!]![field!]
    return stop(`${name} is set to nothing; its default is: azd env set ${name} ${byDefault}`)
  })
}

/** Checks the settings with the agent's own code, so that a value that it would refuse at its start is found now. */
function settingFindings(variables: Variables, sloFile: string | undefined): Finding[] {
  const { AGENT_SETTINGS: text } = variables
  if (text && !areSettings(text)) {
    const accepted = 'NAME=value,NAME=value, each name once and no comma at the end'
    return [stop(`AGENT_SETTINGS is '${text}'; accepted is ${accepted}: azd env set AGENT_SETTINGS MAX_STEPS=8`)]
  }
  const extra = agentSettings(variables)
  const own = [...extra.keys()].filter((name) => ownSettings(variables).has(name))
  const taken = own.map((name) =>
    stop(`AGENT_SETTINGS names ${name}, which has a parameter of its own or is made by the deployment: leave it out`),
  )
  const { TENANT_KEYS, REASONING_EFFORT } = variables
  return [...taken, ...problemsOf({ ...Object.fromEntries(extra), TENANT_KEYS, REASONING_EFFORT }, sloFile)]
}

function problemsOf(settings: Variables, sloFile: string | undefined): Finding[] {
  try {
    readSettings(settings, sloFile)
    return []
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error
    return error.problems.map(({ variable, value, accepted }) =>
      stop(`${variable} is ${value}; accepted is ${accepted}`),
    )
  }
}

function modelFindings(variables: Variables, today: Date): Finding[] {
  const [primary, downshift] = wantedModels(variables)
  const same =
    primary!.name === downshift!.name
      ? [stop(`Both models are ${primary!.name}; the second must be a cheaper one: azd env set DOWNSHIFT_MODEL <name>`)]
      : []
  const old = Object.values(DEFAULT_MODELS).flatMap((model) => {
    const isWanted = [primary, downshift].some((each) => each!.name === model.name && each!.version === model.version)
    const warning = isWanted ? ageWarning(model, today) : undefined
    return warning === undefined ? [] : note(warning)
  })
  return [...same, ...old]
}

function instanceFindings(variables: Variables): Finding[] {
  const { INSTANCE_COUNT: count = '1', MAX_INSTANCE_COUNT: most = '1', USE_REDIS: redis = 'false' } = variables
  const instances = Math.max(Number(count), Number(most))
  if (!(instances > 1) || redis === 'true') return []
  return [note(`Each of ${instances} instances would have a budget of its own: azd env set USE_REDIS true`)]
}
