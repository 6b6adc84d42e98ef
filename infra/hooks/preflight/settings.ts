import { type Finding, note } from './finding.ts'
import { type Target, WEB } from './target.ts'
import { agentSettings, ownSettings } from './wanted.ts'

/** Finds settings that were made by hand. A provision overwrites all settings, and removes those that it does not know. */
export async function settingFindings({ azure, site, variables }: Target): Promise<Finding[]> {
  if (site === undefined) return []
  const known = new Set([...ownSettings(variables), ...agentSettings(variables).keys()])
  const byHand = async (slot: string, path: string) => {
    const { status, body } = await azure.ask('POST', `${path}/config/appsettings/list`, WEB)
    const settings = status === 200 ? ((body as { properties?: object }).properties ?? {}) : {}
    return Object.keys(settings)
      .filter((name) => !known.has(name))
      .map((name) => ({ name, slot }))
  }
  const found = [...(await byHand('production', site.id)), ...(await byHand('staging', `${site.id}/slots/staging`))]
  if (found.length === 0) return []
  const named = found.map(({ name, slot }) => `${name} (${slot})`).join(', ')
  const kept = [...new Set(found.map(({ name }) => name))].map((name) => `${name}=<value>`).join(',')
  return [note(`A provision removes what was set by hand: ${named}; to keep it: azd env set AGENT_SETTINGS "${kept}"`)]
}
