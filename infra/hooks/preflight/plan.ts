import { type Finding, stop } from './finding.ts'
import { listOf, type Target, WEB } from './target.ts'

type Usage = { readonly name: { readonly value: string }; readonly currentValue: number; readonly limit: number }

/** A new subscription often has no quota for the SKU of the plan. Azure reports that only when it creates the plan. */
export async function planFindings({ azure, subscription, location, variables, site }: Target): Promise<Finding[]> {
  // An existing plan already has its quota.
  if (site !== undefined) return []
  const sku = variables['PLAN_SKU'] || 'P0v3'
  const instances = Math.max(Number(variables['INSTANCE_COUNT'] || 1), Number(variables['MAX_INSTANCE_COUNT'] || 1))
  const path = `/subscriptions/${subscription}/providers/Microsoft.Web/locations/${location}/usages`
  const usages = listOf<Usage>(await azure.ask('GET', path, WEB))
  const usage = usages.find(({ name }) =>
    name.value.split(/\W+/).some((word) => word.toLowerCase() === sku.toLowerCase()),
  )
  if (usage === undefined || usage.limit - usage.currentValue >= instances) return []
  return [
    stop(
      `The quota of ${sku} plans in ${location} is ${usage.limit}, of which ${usage.currentValue} are used: azd env set PLAN_SKU <another with slots, such as S1>, azd env set AZURE_LOCATION <another region>, or ask for more at https://aka.ms/antquotahelp`,
    ),
  ]
}
