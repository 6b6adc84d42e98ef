import { type Finding, stop } from './finding.ts'
import { COGNITIVE_SERVICES } from './models.ts'
import { listOf, type Target } from './target.ts'

type Deleted = { readonly id: string; readonly name: string; readonly properties?: { readonly vaultId?: string } }

/** Names that an earlier deployment still holds: accounts and vaults are deleted softly, and keep theirs. */
export async function nameFindings({ azure, subscription, location, resourceGroup }: Target): Promise<Finding[]> {
  const providers = `/subscriptions/${subscription}/providers`
  const accounts = await azure.ask(
    'GET',
    `${providers}/Microsoft.CognitiveServices/deletedAccounts`,
    COGNITIVE_SERVICES,
  )
  const vaults = await azure.ask('GET', `${providers}/Microsoft.KeyVault/deletedVaults`, '2023-07-01')
  const isOurs = (id = '') => id.toLowerCase().includes(`/resourcegroups/${resourceGroup}/`.toLowerCase())
  const taken = (kind: string, name: string, command: string) =>
    stop(`The ${kind} ${name} of an earlier deployment is deleted but not purged, so its name is taken: ${command}`)
  return [
    ...listOf<Deleted>(accounts)
      .filter(({ id }) => isOurs(id))
      .map(({ name }) =>
        taken(
          'Azure OpenAI account',
          name,
          `az cognitiveservices account purge --name ${name} --resource-group ${resourceGroup} --location ${location}`,
        ),
      ),
    ...listOf<Deleted>(vaults)
      .filter(({ properties }) => isOurs(properties?.vaultId))
      .map(({ name }) => taken('vault', name, `az keyvault purge --name ${name}`)),
  ]
}
