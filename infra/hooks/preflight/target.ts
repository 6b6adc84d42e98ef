import type { Answer, Azure } from '../azure.ts'
import { type Finding, stop } from './finding.ts'
import type { Variables } from './wanted.ts'

/** The target of a provision, and what exists there already. */
export type Target = {
  readonly azure: Azure
  readonly variables: Variables
  readonly subscription: string
  readonly location: string
  readonly resourceGroup: string
  /** Of an earlier provision. */
  readonly site: Site | undefined
  readonly now: Date
}

export type Site = {
  readonly id: string
  readonly name: string
  readonly tags?: Readonly<Record<string, string>>
  readonly properties: { readonly slotSwapStatus?: { readonly timestampUtc: string } | null }
}

const RESOURCES = '2021-04-01'
export const WEB = '2024-11-01'

/**
 * @returns the target, or the findings that stop the provision at once.
 * @throws if Azure does not say whether something exists there already.
 */
export async function findTarget(azure: Azure, variables: Variables, now: Date): Promise<Target | Finding> {
  const {
    AZURE_SUBSCRIPTION_ID: subscription = '',
    AZURE_LOCATION: location = '',
    AZURE_ENV_NAME: name = '',
  } = variables
  const { status } = await azure.ask('GET', `/subscriptions/${subscription}`, RESOURCES)
  if (status !== 200) {
    return stop(
      `The login cannot read the subscription ${subscription} (${status}): azd auth login, or azd env set AZURE_SUBSCRIPTION_ID <id>`,
    )
  }
  const resourceGroup = `rg-${name}`
  const path = `/subscriptions/${subscription}/resourcegroups/${resourceGroup}`
  const group = await azure.ask('GET', path, RESOURCES)
  const tags = (group.body as { tags?: Record<string, string> } | undefined)?.tags
  if (group.status === 200 && tags?.['azd-env-name'] !== name) {
    return stop(
      `The resource group ${resourceGroup} is there and belongs to something else: choose another name with azd env new`,
    )
  }
  const site = isThere(group, resourceGroup) ? await findSite(azure, path) : undefined
  return { azure, variables, subscription, location, resourceGroup, site, now }
}

async function findSite(azure: Azure, group: string): Promise<Site | undefined> {
  const sites = await azure.ask('GET', `${group}/providers/Microsoft.Web/sites`, WEB)
  if (!isThere(sites, `the sites of ${group}`)) return undefined
  const found = listOf<Site>(sites).find(({ tags }) => tags?.['azd-service-name'] === 'agent')
  if (found === undefined) return undefined
  // The list does not have the last swap, so the site is read by itself.
  const { status, body } = await azure.ask('GET', found.id, WEB)
  return status === 200 ? (body as Site) : found
}

/** Only a 404 means that nothing exists. If a refusal counted as one, a provision could replace a running agent. */
function isThere({ status }: Answer, name: string): boolean {
  if (status === 200 || status === 404) return status === 200
  throw new Error(`${name} cannot be read (${status})`)
}

/** A list of Azure; empty if it cannot be read. */
export function listOf<Item>({ status, body }: Answer): readonly Item[] {
  if (status !== 200) return []
  return (body as { value?: readonly Item[] } | undefined)?.value ?? []
}
