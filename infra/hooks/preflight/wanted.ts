import { only, settingsOf } from '../../committed-snapshot.ts'
import { DEFAULT_MODELS } from '../../models.ts'

export type Variables = Readonly<Record<string, string | undefined>>

/** A model that a provision would deploy, as `main.bicepparam` reads it. */
export type WantedModel = {
  /** The prefix of its variables. */
  readonly variable: 'PRIMARY_MODEL' | 'DOWNSHIFT_MODEL'
  readonly name: string
  readonly version: string
  readonly skuName: string
  readonly capacity: number
}

export function wantedModels(variables: Variables): WantedModel[] {
  return (['primary', 'downshift'] as const).map((role) => {
    const variable = role === 'primary' ? 'PRIMARY_MODEL' : 'DOWNSHIFT_MODEL'
    const { name, version, skuName, capacity } = DEFAULT_MODELS[role]
    return {
      variable,
      name: variables[variable] || name,
      version: variables[`${variable}_VERSION`] || version,
      skuName: variables[`${variable}_SKU`] || skuName,
      capacity: Number(variables[`${variable}_CAPACITY`] || capacity),
    }
  })
}

/** Names of the settings that a deployment sets itself. */
export function ownSettings({ MCP_AUTH_CLIENT_ID: clientId }: Variables): ReadonlySet<string> {
  const always = Object.keys(settingsOf(only('Microsoft.Web/sites')))
  const ofAuthentication = clientId ? ['TRUST_APP_SERVICE_AUTH', 'WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES'] : []
  return new Set([...always, ...ofAuthentication, 'REDIS_URL', 'REASONING_EFFORT'])
}

/** AGENT_SETTINGS, which are NAME=value with commas between them. */
export function agentSettings({ AGENT_SETTINGS: text }: Variables): Map<string, string> {
  const pairs = (text ?? '').split(',').filter((pair) => pair.trim() !== '')
  return new Map(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [name.trim(), value.join('=')]
    }),
  )
}

/** Whether `main.bicepparam` reads the text as intended: it makes a setting of each part. */
export function areSettings(text: string): boolean {
  const parts = text.split(',')
  const names = new Set(parts.map((part) => part.split('=', 1)[0]!.trim()))
  return names.size === parts.length && parts.every((part) => /^\s*[\w.:-]+\s*=/.test(part))
}
