import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { isSecretName } from '../secrets.ts'
import type { DescribedSetting } from './app-description.ts'
import { commonProblem, KNOWN_SETTINGS } from './known-settings.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** One setting, as far as a person may see it. */
export type Setting = {
  readonly variable: string
  /** Secrets are described, never shown. */
  readonly value: string
  readonly source: SettingSource
  readonly problem?: string
}

/**
 * - `app setting`: from App Service, which sets each a second time as `APPSETTING_…`
 * - `platform`: set by App Service itself
 * - `environment`: set in this process, or by what started it
 * - `.env`: the same as in that file
 * - `.env, not loaded`: in that file alone
 * - `default`: not set
 */
export type SettingSource = 'app setting' | 'platform' | 'environment' | '.env' | '.env, not loaded' | 'default'

const PLATFORM = /^(WEBSITE_|WEBSITES_PORT$|IDENTITY_(ENDPOINT|HEADER)$|MSI_|APPSVC_)/

/** Every setting that is known, by the doctor or by the app, and is set or has a default. */
export function readSettings(
  variables: Variables,
  cwd: string,
  described: readonly DescribedSetting[] = [],
): Setting[] {
  const file = readEnvFile(cwd)
  const byName = new Map(described.map((setting) => [setting.variable, setting]))
  const names = new Set([...Object.keys(KNOWN_SETTINGS), ...byName.keys()])
  return [...names].flatMap((variable) => {
    const setting = byName.get(variable)
    const value = variables[variable] || undefined
    const isSecret = setting?.isSecret ?? isSecretName(variable)
    const source = sourceOf(variable, value, variables, file)
    if (value === undefined && source !== '.env, not loaded') {
      // A sentence of the app about a missing setting is shown; that the setting is missing is not.
      if (setting?.default === undefined && !setting?.problem) return []
      return [row(variable, setting.default ?? 'not set', 'default', setting.problem)]
    }
    if (value === undefined) return [row(variable, 'not set', source, `is in .env, and not in the environment`)]
    const problem =
      commonProblem(value) ?? setting?.problem ?? KNOWN_SETTINGS[variable]?.(value) ?? otherValue(variable, variables)
    return [row(variable, isSecret ? `set, ${value.length} characters` : value, source, problem)]
  })
}

const MAX_SHOWN = 200

const row = (variable: string, value: string, source: SettingSource, problem: string | undefined): Setting => ({
  variable,
  value: value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}… (${value.length} characters)` : value,
  source,
  ...(problem && { problem }),
})

function sourceOf(variable: string, value: string | undefined, variables: Variables, file: Variables): SettingSource {
  if (value === undefined) return file[variable] ? '.env, not loaded' : 'default'
  if (variables[`APPSETTING_${variable}`] === value) return 'app setting'
  if (PLATFORM.test(variable) || (variable === 'PORT' && variables['WEBSITE_SITE_NAME'])) return 'platform'
  return file[variable] === value ? '.env' : 'environment'
}

/** A shell on App Service may have been given another value than the app has. */
function otherValue(variable: string, variables: Variables): string | undefined {
  const setting = variables[`APPSETTING_${variable}`]
  return setting !== undefined && setting !== variables[variable]
    ? 'differs from the app setting of that name'
    : undefined
}

function readEnvFile(cwd: string): Variables {
  try {
    return parseEnv(readFileSync(join(cwd, '.env'), 'utf8'))
  } catch {
    // Most apps have no `.env` file.
    return {}
  }
}
