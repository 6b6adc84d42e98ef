import { type Finding, note, stop } from './finding.ts'
import { listOf, type Target } from './target.ts'
import { type WantedModel, wantedModels } from './wanted.ts'

type Catalogued = {
  readonly kind: string
  readonly model: {
    readonly name: string
    readonly version: string
    readonly lifecycleStatus?: string
    readonly capabilities?: Readonly<Record<string, string>>
    readonly skus?: readonly Sku[]
  }
}
type Sku = { readonly name: string; readonly usageName?: string; readonly deprecationDate?: string }
type Usage = { readonly name: { readonly value: string }; readonly currentValue: number; readonly limit: number }

export const COGNITIVE_SERVICES = '2024-10-01'
const ALTERNATIVES = 5

/** Models that the region does not have, has closed to new deployments, or has too little quota for. */
export async function modelFindings(target: Target): Promise<Finding[]> {
  const { azure, subscription, location, variables } = target
  const path = `/subscriptions/${subscription}/providers/Microsoft.CognitiveServices/locations/${location}`
  const listed = listOf<Catalogued>(await azure.ask('GET', `${path}/models`, COGNITIVE_SERVICES))
  const models = listed.filter(({ kind }) => kind === 'OpenAI').map(({ model }) => model)
  if (models.length === 0)
    return [note(`Which models ${location} has could not be asked; it is seen when they are deployed`)]
  const usages = listOf<Usage>(await azure.ask('GET', `${path}/usages`, COGNITIVE_SERVICES))
  return wantedModels(variables).flatMap((wanted) => {
    const problem = unavailable(wanted, models, target)
    return problem ? [problem] : (lackOfQuota(wanted, skuOf(wanted, models), usages, target) ?? [])
  })
}

type Model = Catalogued['model']

function unavailable(wanted: WantedModel, models: readonly Model[], target: Target): Finding | undefined {
  const { variable, name, version, skuName } = wanted
  const versions = models.filter((model) => model.name === name)
  const place = `in ${target.location}`
  if (versions.length === 0) return stop(`There is no ${name} ${place}${instead(wanted, models, target.now)}`)
  const found = versions.find((model) => model.version === version)
  if (found === undefined) {
    const has = versions.map((model) => model.version).join(', ')
    return stop(
      `${name} has no version ${version} ${place}, but ${has}: azd env set ${variable}_VERSION ${versions[0]!.version}`,
    )
  }
  const skus = (found.skus ?? []).filter((sku) => isOpenSku(sku, target.now))
  const isClosed = !isOpen(found) || ((found.skus ?? []).length > 0 && skus.length === 0)
  // An existing deployment remains until the model retires.
  if (isClosed && target.site)
    return note(`${name} ${version} is closed to new deployments ${place}; yours stays until it retires`)
  if (isClosed)
    return stop(`${name} ${version} is closed to new deployments ${place}${instead(wanted, models, target.now)}`)
  if (skus.some((sku) => sku.name === skuName)) return undefined
  return stop(
    `${name} is not to be had as ${skuName} ${place}, but as ${skus.map((sku) => sku.name).join(', ')}: azd env set ${variable}_SKU ${skus[0]!.name}`,
  )
}

function lackOfQuota(
  { variable, name, capacity }: WantedModel,
  sku: Sku | undefined,
  usages: readonly Usage[],
  { location, site }: Target,
): Finding | undefined {
  const usage = usages.find((each) => each.name.value === sku?.usageName)
  // An existing deployment already has its quota.
  if (usage === undefined || site !== undefined) return undefined
  const free = usage.limit - usage.currentValue
  if (free >= capacity) return undefined
  const help =
    free >= 1
      ? `azd env set ${variable}_CAPACITY ${Math.floor(free)}`
      : 'azd env set AZURE_LOCATION <another region>, or ask for more at https://aka.ms/oai/stuquotarequest'
  return stop(`The quota of ${name} in ${location} leaves ${free} of the ${capacity} thousand tokens a minute: ${help}`)
}

function skuOf({ name, version, skuName }: WantedModel, models: readonly Model[]): Sku | undefined {
  const found = models.find((model) => model.name === name && model.version === version)
  return found?.skus?.find((sku) => sku.name === skuName)
}

/** Those that can be deployed the same way, the newest first. */
function instead({ variable, skuName }: WantedModel, models: readonly Model[], now: Date): string {
  const open = models.filter(
    (model) =>
      isOpen(model) &&
      model.capabilities?.['chatCompletion'] === 'true' &&
      model.skus?.some((sku) => sku.name === skuName && isOpenSku(sku, now)),
  )
  const newest = open.toSorted((one, other) => other.version.localeCompare(one.version)).slice(0, ALTERNATIVES)
  if (newest.length === 0) return ': azd env set AZURE_LOCATION <another region>'
  const first = newest[0]!
  const named = newest.map(({ name, version }) => `${name} ${version}`).join(', ')
  return `; there are ${named}: azd env set ${variable} ${first.name}, and azd env set ${variable}_VERSION ${first.version}`
}

function isOpen({ lifecycleStatus = '' }: Model): boolean {
  return !/^(deprecating|deprecated|legacy|retired)$/i.test(lifecycleStatus)
}

function isOpenSku({ deprecationDate }: Sku, now: Date): boolean {
  return deprecationDate === undefined || !(Date.parse(deprecationDate) <= now.getTime())
}
