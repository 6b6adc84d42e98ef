import type { AppService } from '../app-service/app-service.ts'
import type { Site } from '../app-service/site.ts'
import { RESOURCE_MANAGER_URL } from '../snapshot/runtime-values.ts'
import { ArmError, resourceNotFound } from './arm-error.ts'
import { Operations } from './operations.ts'
import { slotDifferences } from './slot-differences.ts'
import { Tags } from './tags.ts'

export type ArmResponse = { status: number; body?: unknown; headers?: Record<string, string> }

export type Route = {
  method: string
  /** The path after the site's id. Its named groups are passed to `respond`. */
  path: RegExp
  /** The action that a role must allow. */
  action: string
  respond: (groups: Record<string, string>, body: unknown) => ArmResponse
}

/** The operations of a web app that the healer and a promotion use. */
export function siteRoutes(site: Site, appService: AppService): Route[] {
  const operations = new Operations()
  const tags = new Tags((site.resource['tags'] ?? {}) as Record<string, string>)
  const slotSwap = (source: string, body: unknown): ArmResponse => {
    const { targetSlot: target, preserveVnet } = (body ?? {}) as { targetSlot?: unknown; preserveVnet?: unknown }
    if (typeof target !== 'string' || typeof preserveVnet !== 'boolean') {
      throw new ArmError(400, 'BadRequest', 'The body of a swap is { "targetSlot": string, "preserveVnet": boolean }.')
    }
    for (const slot of [source, target])
      if (!appService.hasSlot(slot)) throw resourceNotFound(`${site.resource.id}/slots/${slot}`)
    if (source === target) throw new ArmError(400, 'BadRequest', 'A slot cannot be swapped with itself.')
    if (appService.isSwapping) {
      throw new ArmError(409, 'Conflict', 'Cannot modify this site because another operation is in progress.')
    }
    const id = operations.start(appService.swap(source, target))
    const path = source === 'production' ? '' : `/slots/${source}`
    return { status: 202, headers: { location: locationOf(`${site.resource.id}${path}/operationresults/${id}`) } }
  }
  const differencesFromProduction = (body: unknown) => {
    const { targetSlot: target } = (body ?? {}) as { targetSlot?: unknown }
    if (typeof target !== 'string' || !appService.hasSlot(target)) {
      throw resourceNotFound(`${site.resource.id}/slots/${target}`)
    }
    const [current, other] = [appService.settings('production'), appService.settings(target)]
    return slotDifferences(site.resource.id, current, other, site.stickyNames)
  }
  const describe = (slot: string) => ({
    status: 200,
    body: describeSlot(site, appService, slot, tags.all()),
  })
  return [
    { method: 'GET', path: /^$/, action: 'Microsoft.Web/sites/read', respond: () => describe('production') },
    {
      method: 'GET',
      path: /^\/slots\/(?<slot>[^/]+)$/,
      action: 'Microsoft.Web/sites/slots/read',
      respond: ({ slot }) => describe(slot!),
    },
    {
      method: 'POST',
      path: /^\/slots\/(?<slot>[^/]+)\/slotsswap$/,
      action: 'Microsoft.Web/sites/slots/slotsswap/action',
      respond: ({ slot }, body) => slotSwap(slot!, body),
    },
    {
      method: 'POST',
      path: /^\/slotsswap$/,
      action: 'Microsoft.Web/sites/slotsswap/action',
      respond: (_, body) => slotSwap('production', body),
    },
    {
      method: 'POST',
      path: /^\/slotsdiffs$/,
      action: 'Microsoft.Web/sites/slotsdiffs/action',
      respond: (_, body) => ({ status: 200, body: differencesFromProduction(body) }),
    },
    {
      method: 'GET',
      path: /^\/slots\/[^/]+\/operationresults\/(?<id>[^/]+)$/,
      action: 'Microsoft.Web/sites/slots/operationresults/read',
      respond: ({ id }) => operations.response(id!),
    },
    {
      method: 'GET',
      path: /^\/operationresults\/(?<id>[^/]+)$/,
      action: 'Microsoft.Web/sites/operationresults/read',
      respond: ({ id }) => operations.response(id!),
    },
    {
      method: 'PATCH',
      path: /^\/providers\/Microsoft\.Resources\/tags\/default$/,
      action: 'Microsoft.Resources/tags/write',
      respond: (_, body) => ({ status: 200, body: { properties: { tags: tags.apply(body) } } }),
    },
  ]
}

function describeSlot(site: Site, appService: AppService, slot: string, tags: Record<string, string>) {
  const declared = site.slots.find(({ name }) => name === slot)
  if (declared === undefined) throw resourceNotFound(`${site.resource.id}/slots/${slot}`)
  const isProduction = slot === 'production'
  return {
    id: declared.resourceId,
    name: isProduction ? site.name : `${site.name}/${slot}`,
    type: isProduction ? 'Microsoft.Web/sites' : 'Microsoft.Web/sites/slots',
    kind: site.resource['kind'],
    location: site.resource['location'],
    ...(isProduction ? { tags } : {}),
    properties: {
      state: 'Running',
      defaultHostName: declared.host,
      hostNames: [declared.host],
      slotSwapStatus: isProduction ? (appService.lastSwap ?? null) : null,
    },
  }
}

function locationOf(path: string): string {
  return `${new URL(path, RESOURCE_MANAGER_URL).href}?api-version=2024-04-01`
}
